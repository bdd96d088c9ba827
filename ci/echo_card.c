/*
 * The least a card can do behind vpcd: what the benchmark compares our card with.
 *
 *   echo_card PORT ATR-IN-HEX
 *
 * Connects to a vpcd at 127.0.0.1:PORT and answers: the ATR when asked for it; READ BINARY (INS B0) with 61 FF;
 * GET RESPONSE (INS C0) with 255 bytes and 90 00; every other command with 90 00. Ends when vpcd hangs up.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GET_ATR = 0x04, LONGEST = 0xFFFF, LONGEST_ATR = 33 };

/* vpcd sends length and payload apart; without an ACK at every recv, Nagle holds the payload back for 44 ms. */
static int receive(int link, unsigned char *into, size_t wanted) {
    while (wanted > 0) {
        int on = 1;
        setsockopt(link, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        ssize_t got = recv(link, into, wanted, 0);
        if (got <= 0) return 0;
        into += got;
        wanted -= (size_t)got;
    }
    return 1;
}

/* Frames are a length of two bytes, most significant first, and that many bytes. One send per answer. */
static int answer(int link, const unsigned char *payload, size_t length) {
    unsigned char frame[2 + 257];
    frame[0] = (unsigned char)(length >> 8);
    frame[1] = (unsigned char)length;
    memcpy(frame + 2, payload, length);
    return send(link, frame, length + 2, MSG_NOSIGNAL) == (ssize_t)(length + 2);
}

static int serve(int link, const unsigned char *atr, size_t atr_length) {
    static const unsigned char done[] = {0x90, 0x00}, waiting[] = {0x61, 0xFF};
    static unsigned char command[LONGEST], block[257];
    unsigned char length_bytes[2];
    memset(block, 0x54, 255);
    memcpy(block + 255, done, sizeof done);
    while (receive(link, length_bytes, 2)) {
        size_t length = (size_t)length_bytes[0] << 8 | length_bytes[1];
        int sent = 1;
        if (!receive(link, command, length)) return 0;
        if (length == 1) { /* a control; only the ATR is answered */
            if (command[0] == GET_ATR) sent = answer(link, atr, atr_length);
        } else if (length >= 2 && command[1] == 0xB0) {
            sent = answer(link, waiting, sizeof waiting);
        } else if (length >= 2 && command[1] == 0xC0) {
            sent = answer(link, block, sizeof block);
        } else {
            sent = answer(link, done, sizeof done);
        }
        if (!sent) return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    unsigned char atr[LONGEST_ATR];
    size_t atr_length = 0;
    int on = 1, link = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in vpcd = {.sin_family = AF_INET};
    if (argc != 3) return fprintf(stderr, "usage: echo_card PORT ATR-IN-HEX\n"), 2;
    for (const char *hex = argv[2]; atr_length < LONGEST_ATR && sscanf(hex, "%2hhx", &atr[atr_length]) == 1; hex += 2)
        atr_length++;
    vpcd.sin_port = htons((unsigned short)atoi(argv[1]));
    vpcd.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(link, (struct sockaddr *)&vpcd, sizeof vpcd) != 0) return perror("echo_card: connect"), 1;
    setsockopt(link, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return serve(link, atr, atr_length);
}
