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

static struct pki_sealed seal_text(const struct pki_sealer *sealer)
{
    struct pki_plain plain = {.len = sizeof(text)};
    struct pki_sealed sealed;

    memcpy(plain.data, text, sizeof(text));
    assert_int_equal(pki_seal(sealer, &here, &plain, &sealed), PKI_OK);
    return sealed;
}

static void sealed_opens_where_it_stands(void **state)
{
    struct pki_sealer *sealer = sealer_new();
    struct pki_sealed sealed = seal_text(sealer);
    struct pki_plain plain;

    (void)state;
    assert_int_equal(sealed.len, sizeof(text) + PKI_SEAL_OVERHEAD);
    assert_null(memmem(sealed.data, sealed.len, text, 8));
    assert_int_equal(pki_unseal(sealer, &here, sealed.data, sealed.len, &plain), PKI_OK);
    assert_int_equal(plain.len, sizeof(text));
    assert_memory_equal(plain.data, text, sizeof(text));
    pki_plain_wipe(&plain);
    assert_int_equal(plain.data[0], 0);
    pki_sealer_free(sealer);
}

static void empty_and_longest_records_seal(void **state)
{
    struct pki_sealer *sealer = sealer_new();
    struct pki_plain plain = {.len = 0};
    struct pki_sealed sealed;

    (void)state;
    assert_int_equal(pki_seal(sealer, &here, &plain, &sealed), PKI_OK);
    assert_int_equal(pki_unseal(sealer, &here, sealed.data, sealed.len, &plain), PKI_OK);
    assert_int_equal(plain.len, 0);
    plain.len = PKI_RECORD_MAX;
    assert_int_equal(pki_seal(sealer, &here, &plain, &sealed), PKI_OK);
    assert_int_equal(sealed.len, PKI_SEALED_MAX);
    assert_int_equal(pki_unseal(sealer, &here, sealed.data, sealed.len, &plain), PKI_OK);
    plain.len = PKI_RECORD_MAX + 1;
    assert_int_equal(pki_seal(sealer, &here, &plain, &sealed), PKI_ELIMIT);
    pki_sealer_free(sealer);
}

static void every_changed_octet_is_noticed(void **state)
{
    struct pki_sealer *sealer = sealer_new();
    struct pki_sealed sealed = seal_text(sealer);
    struct pki_plain plain;
    uint8_t longer[PKI_SEALED_MAX + 1] = {0};

    (void)state;
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.data[i] ^= 0x80;
        assert_int_equal(pki_unseal(sealer, &here, sealed.data, sealed.len, &plain),
                         i == 0 ? PKI_EVERSION : PKI_ECORRUPT);
        assert_int_equal(plain.len, 0);
        sealed.data[i] ^= 0x80;
    }
    for (size_t cut = 0; cut < sealed.len; cut++) {
        assert_int_equal(pki_unseal(sealer, &here, sealed.data, cut, &plain), PKI_ECORRUPT);
    }
    memcpy(longer, sealed.data, sealed.len);
    assert_int_equal(pki_unseal(sealer, &here, longer, sizeof(longer), &plain), PKI_ECORRUPT);
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
    struct pki_sealed sealed = seal_text(sealer);
    struct pki_plain plain;

    (void)state;
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        assert_int_equal(pki_unseal(sealer, &elsewhere[i], sealed.data, sealed.len, &plain),
                         PKI_ECORRUPT);
    }
    assert_int_equal(pki_unseal(stranger, &here, sealed.data, sealed.len, &plain), PKI_ECORRUPT);
    pki_sealer_free(stranger);
    pki_sealer_free(sealer);
}

static void two_seals_differ(void **state)
{
    struct pki_sealer *sealer = sealer_new();
    struct pki_sealed first = seal_text(sealer);
    struct pki_sealed second = seal_text(sealer);

    (void)state;
    assert_int_equal(first.len, second.len);
    assert_memory_not_equal(first.data, second.data, first.len);
    pki_sealer_free(sealer);
}

/* ---- wrapping ---- */

static void check_same_key(const struct pki_sealer *sealer, const struct pki_sealer *again)
{
    struct pki_sealed sealed = seal_text(sealer);
    struct pki_plain plain;

    assert_int_equal(pki_unseal(again, &here, sealed.data, sealed.len, &plain), PKI_OK);
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
