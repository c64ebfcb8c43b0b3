#include "pki/hash.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

/* FIPS 180-4, the one-block and the two-block example of each, and the empty message. */
static const struct hash_case {
    pki_hash_fn *make;
    size_t octets;
    const char *text;
    const char *hex;
} cases[] = {
    {pki_hash_sha256, PKI_SHA256_OCTETS, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {pki_hash_sha256, PKI_SHA256_OCTETS, "",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {pki_hash_sha384, PKI_SHA384_OCTETS, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {pki_hash_sha384, PKI_SHA384_OCTETS,
     "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
     "fcc7c71a557e2db966c3e9fa91746039"},
    {pki_hash_sha384, PKI_SHA384_OCTETS, "",
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
     "274edebfe76f65fbd51ad2f14898b95b"},
    {pki_hash_sha512, PKI_SHA512_OCTETS, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t hash[PKI_SHA512_OCTETS];
        char hex[2 * PKI_SHA512_OCTETS + 1] = "";
        cases[i].make(cases[i].text, strlen(cases[i].text), hash);
        for (size_t j = 0; j < cases[i].octets; j++) {
            snprintf(hex + 2 * j, 3, "%02x", (unsigned)hash[j]);
        }
        assert_string_equal(hex, cases[i].hex);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
