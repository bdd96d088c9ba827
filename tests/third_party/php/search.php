<?php
// Asks UCWS with PHP's own SoapClient, which learns everything from the served WSDL, and prints what hospital programs look up.
[, $wsdl, $officer, $token, $person] = $argv;
$client = new SoapClient($wsdl, ['trace' => true, 'exceptions' => true, 'cache_wsdl' => WSDL_CACHE_NONE, 'connection_timeout' => 5]);
foreach ($client->__getFunctions() as $function) {
    echo "function=$function\n";
}
$asked = ['user_person_id' => $officer, 'smctoken' => $token, 'person_id' => $person];
try {
    $told = $client->searchCurrentByPID($asked)->return;
} catch (SoapFault $fault) {
    echo "fault=$fault->faultcode\n";
    exit(1);
}
foreach (['fname', 'maininscl', 'ws_status'] as $name) {
    echo "$name=", $told->$name ?? '', "\n";
}
$answer = $client->__getLastResponse();
echo 'status=', explode(' ', explode("\r\n", $client->__getLastResponseHeaders())[0])[1], "\n";
// Programs that look for these very letters find them, and the children of `return` have no prefix.
foreach (['<S:Envelope ', '<S:Body>', '<ns2:searchCurrentByPIDResponse ', '<return>', '<ws_status>'] as $written) {
    echo $written, '=', substr_count($answer, $written), "\n";
}
