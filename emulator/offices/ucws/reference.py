"""The page on UCWS, made of its declaration: ``python -m emulator.offices.ucws.reference > docs/ucws.md``."""

from __future__ import annotations

from apdu_specs import entitlements, ucws
from emulator.offices.ucws.envelope import CHARSETS, DEEPEST, LARGEST, LONGEST_VALUE

_HEAD = f"""# UCWS

The SOAP 1.1 service that answers an officer's smctoken with a citizen's entitlement. Made by
`python -m emulator.offices.ucws.reference` from the declarations in `apdu_specs/ucws.py` and
`apdu_specs/entitlements.py`; do not edit.

| | |
|---|---|
| path | `{ucws.PATH}` on the offices' port; `?wsdl` and `?xsd=1` serve the contract |
| namespace | `{ucws.NAMESPACE}` |
| operation | `{ucws.OPERATION}({", ".join(ucws.PARAMETERS)})`, children unqualified |
| prefixes of answers | `S:` and `ns2:`, which some programs look for literally |
| found out | `{ucws.OK}`; nobody has the id: no `fname`; no right: no `maininscl`; deceased: `status` `{ucws.DECEASED}` |
| token not valid | `{ucws.TOKEN_NOT_VALID}` with HTTP 200; also for a token that is not the asking officer's, a revoked right, an unused one |
| a change of right that waits | `new_*` |
| refused with a fault | HTTP 400, 413, 415: no XML, a DOCTYPE, more than {LARGEST:,} bytes, deeper than {DEEPEST}, a parameter longer than {LONGEST_VALUE}, another encoding |
| encodings | {", ".join(CHARSETS)} |

Contract, codes, dates and the states above: public, copies of the WSDL and XSD and replies that programs quote. `assumed`:
`count_select` (1 with a right, else 0), `new_type_register`, `new_type_register_desc`, `chat`, the numbers of answers, the
fault's texts, and what becomes of fields that no reply quotes (they are absent).
"""


def page() -> str:
    """The page as Markdown."""
    fields = "\n".join(
        f"| `{field.name}` | {field.kind.removeprefix('xs:')}{', required' if field.required else ''} "
        f"| {field.meaning.en} | {field.meaning.th} |"
        for field in ucws.DATA_SET
    )
    rights = "\n".join(
        f"| `{right.code}` | `{right.group}` | {right.name.en} | {right.labelled} | {right.provenance} |"
        for right in entitlements.MAIN_RIGHTS.values()
    )
    subs = "\n".join(
        f"| `{sub.code}` | `{right.code}` | {sub.name.en} | {sub.labelled} | {sub.provenance} |"
        for right in entitlements.MAIN_RIGHTS.values()
        for sub in right.subs
    )
    claims = "\n".join(
        f"| `{claim.code}` | {claim.name.en} | {claim.name.th} | {claim.provenance} |"
        for claim in entitlements.CLAIM_TYPES.values()
    )
    titles = "\n".join(f"| `{code}` | {text.en} | {text.th} |" for code, text in entitlements.TITLES.items())
    return f"""{_HEAD}
## The data set, `{ucws.DATA_SET_TYPE}`

| field | type | meaning | ความหมาย |
|---|---|---|---|
{fields}

## Main rights

The group is UCWS's `maininscl_main`; letters other than U and S are `assumed`.

| code | group | meaning | as programs show it | source |
|---|---|---|---|---|
{rights}

## Sub rights

| code | of | meaning | as programs show it | source |
|---|---|---|---|---|
{subs}

## Titles

| code | meaning | คำนำหน้าชื่อ |
|---|---|---|
{titles}

## Claim types

| code | meaning | ประเภทบริการ | source |
|---|---|---|---|
{claims}
"""


if __name__ == "__main__":
    print(page(), end="")
