#include "tests/support/cmocka_all.h"

#include "pki/seal.h"
#include "pki/secret.h"

#include <string.h>

static const uint8_t place_key[] = {0, 0, 0, 1};
static const struct pki_place here = {"device", place_key, sizeof(place_key)};
static const uint8_t text[] = "a record of some octets";

static struct pki_sealer *sealer_new(void)
{
    struct pki_sealer *sealer = NULL;

    assert_int_equal(pki_sealer_generate(1, &sealer), PKI_OK);
    return sealer;
}

static size_t seal_text(const struct pki_sealer *sealer, uint8_t *out)
{
    size_t len;

    assert_int_equal(pki_seal(sealer, &here, text, sizeof(text), out, PKI_SEALED_MAX, &len),
                     PKI_OK);
    return len;
}

static void sealed_opens_where_it_stands(void **state)
{
    struct pki_sealer *sealer = sealer_new();
    uint8_t sealed[PKI_SEALED_MAX];
    uint8_t plain[PKI_RECORD_MAX];
    size_t len = seal_text(sealer, sealed);
    size_t plain_len;

    (void)state;
    assert_int_equal(len, sizeof(text) + PKI_SEAL_OVERHEAD);
    assert_null(memmem(sealed, len, text, 8));
    assert_int_equal(pki_unseal(sealer, &here, sealed, len, plain, sizeof(plain), &plain_len),
                     PKI_OK);
    assert_int_equal(plain_len, sizeof(text));
    assert_memory_equal(plain, text, sizeof(text));
    pki_sealer_free(sealer);
}

static void empty_and_longest_records_seal(void **state)
{
    struct pki_sealer *sealer = sealer_new();
    uint8_t sealed[PKI_SEALED_MAX];
    uint8_t plain[PKI_RECORD_MAX] = {0};
    size_t len;
    size_t plain_len;

    (void)state;
    assert_int_equal(pki_seal(sealer, &here, plain, 0, sealed, PKI_SEAL_OVERHEAD, &len), PKI_OK);
    assert_int_equal(pki_unseal(sealer, &here, sealed, len, plain, 0, &plain_len), PKI_OK);
    assert_int_equal(plain_len, 0);
    assert_int_equal(pki_seal(sealer, &here, plain, PKI_RECORD_MAX, sealed, PKI_SEALED_MAX, &len),
                     PKI_OK);
    assert_int_equal(
        pki_seal(sealer, &here, plain, PKI_RECORD_MAX, sealed, PKI_SEALED_MAX - 1, &len),
        PKI_ELIMIT);
    assert_int_equal(pki_seal(sealer, &here, plain, 0, sealed, PKI_SEAL_OVERHEAD - 1, &len),
                     PKI_ELIMIT);
    pki_sealer_free(sealer);
}

static void every_changed_octet_is_noticed(void **state)
{
    struct pki_sealer *sealer = sealer_new();
    uint8_t sealed[PKI_SEALED_MAX];
    uint8_t plain[PKI_RECORD_MAX];
    size_t len = seal_text(sealer, sealed);
    size_t plain_len;

    (void)state;
    for (size_t i = 0; i < len; i++) {
        sealed[i] ^= 0x80;
        enum pki_error error =
            pki_unseal(sealer, &here, sealed, len, plain, sizeof(plain), &plain_len);

        assert_int_equal(error, i == 0 ? PKI_EVERSION : PKI_ECORRUPT);
        sealed[i] ^= 0x80;
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(pki_unseal(sealer, &here, sealed, cut, plain, sizeof(plain), &plain_len),
                         PKI_ECORRUPT);
    }
    pki_sealer_free(sealer);
}

static void other_places_do_not_open(void **state)
{
    static const uint8_t other_key[] = {0, 0, 0, 2};
    static const struct pki_place elsewhere[] = {
        {"device", other_key, sizeof(other_key)},
        {"credential", place_key, sizeof(place_key)},
        {"device", place_key, sizeof(place_key) - 1},
    };
    struct pki_sealer *sealer = sealer_new();
    struct pki_sealer *stranger = sealer_new();
    uint8_t sealed[PKI_SEALED_MAX];
    uint8_t plain[PKI_RECORD_MAX];
    size_t len = seal_text(sealer, sealed);
    size_t plain_len;

    (void)state;
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        assert_int_equal(
            pki_unseal(sealer, &elsewhere[i], sealed, len, plain, sizeof(plain), &plain_len),
            PKI_ECORRUPT);
    }
    assert_int_equal(pki_unseal(stranger, &here, sealed, len, plain, sizeof(plain), &plain_len),
                     PKI_ECORRUPT);
    assert_int_equal(pki_unseal(sealer, &here, sealed, len, plain, sizeof(text) - 1, &plain_len),
                     PKI_ECORRUPT);
    pki_sealer_free(stranger);
    pki_sealer_free(sealer);
}

static void two_seals_differ(void **state)
{
    struct pki_sealer *sealer = sealer_new();
    uint8_t first[PKI_SEALED_MAX];
    uint8_t second[PKI_SEALED_MAX];
    size_t len = seal_text(sealer, first);

    (void)state;
    assert_int_equal(seal_text(sealer, second), len);
    assert_memory_not_equal(first, second, len);
    pki_sealer_free(sealer);
}

/* ---- wrapping ---- */

static void check_same_key(const struct pki_sealer *sealer, const struct pki_sealer *again)
{
    uint8_t sealed[PKI_SEALED_MAX];
    uint8_t plain[PKI_RECORD_MAX];
    size_t len = seal_text(sealer, sealed);
    size_t plain_len;

    assert_int_equal(pki_unseal(again, &here, sealed, len, plain, sizeof(plain), &plain_len),
                     PKI_OK);
}

static void right_wrapping_opens(void **state)
{
    static const uint8_t master[PKI_KEY_LEN] = {1, 2, 3};
    static const struct pki_wrapping wrappings[] = {{.file_key = master},
                                                    {.passphrase = "correct horse"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct pki_sealer *sealer = sealer_new();
        struct pki_sealer *again = NULL;
        struct pki_wrapped_key wrapped;

        assert_int_equal(pki_sealer_wrap(sealer, &wrappings[i], &wrapped), PKI_OK);
        assert_int_equal(pki_sealer_unwrap(&wrapped, &wrappings[i], &again), PKI_OK);
        check_same_key(sealer, again);
        pki_sealer_free(again);
        pki_sealer_free(sealer);
    }
}

static void wrong_wrapping_does_not_open(void **state)
{
    static const uint8_t master[PKI_KEY_LEN] = {1, 2, 3};
    static const uint8_t other[PKI_KEY_LEN] = {1, 2, 4};
    const struct pki_wrapping by_file = {.file_key = master};
    const struct pki_wrapping by_other = {.file_key = other};
    const struct pki_wrapping by_phrase = {.passphrase = "correct horse"};
    const struct pki_wrapping by_wrong = {.passphrase = "correct horsf"};
    struct pki_sealer *sealer = sealer_new();
    struct pki_sealer *again = NULL;
    struct pki_wrapped_key wrapped;

    (void)state;
    assert_int_equal(pki_sealer_wrap(sealer, &by_file, &wrapped), PKI_OK);
    assert_int_equal(pki_sealer_unwrap(&wrapped, &by_other, &again), PKI_EKEY);
    assert_int_equal(pki_sealer_unwrap(&wrapped, &by_phrase, &again), PKI_EKEY);
    wrapped.key_id++;
    assert_int_equal(pki_sealer_unwrap(&wrapped, &by_file, &again), PKI_EKEY);
    assert_int_equal(pki_sealer_wrap(sealer, &by_phrase, &wrapped), PKI_OK);
    assert_int_equal(pki_sealer_unwrap(&wrapped, &by_wrong, &again), PKI_EKEY);
    assert_int_equal(pki_sealer_unwrap(&wrapped, &by_file, &again), PKI_EKEY);
    assert_null(again);
    pki_sealer_free(sealer);
}

/* BLAKE2b-256 of "abc", as published for unkeyed hashing of 32 octets (RFC 7693 gives 64). */
static void hash_is_blake2b(void **state)
{
    uint8_t hash[PKI_HASH_LEN];
    char hex[2 * PKI_HASH_LEN + 1];

    (void)state;
    pki_hash(hash, (const uint8_t *)"abc", 3);
    pki_secret_hex(hash, sizeof(hash), hex);
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static int group_setup(void **state)
{
    (void)state;
    return pki_secret_setup() == PKI_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_opens_where_it_stands),
        cmocka_unit_test(empty_and_longest_records_seal),
        cmocka_unit_test(every_changed_octet_is_noticed),
        cmocka_unit_test(other_places_do_not_open),
        cmocka_unit_test(two_seals_differ),
        cmocka_unit_test(right_wrapping_opens),
        cmocka_unit_test(wrong_wrapping_does_not_open),
        cmocka_unit_test(hash_is_blake2b),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
