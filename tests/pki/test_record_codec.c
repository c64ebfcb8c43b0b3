#include "tests/support/cmocka_all.h"

#include "tests/pki/record_kinds.h"

#include <string.h>

static const uint8_t zeros[sizeof(union any)];

static void full_records_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        uint8_t data[PKI_RECORD_MAX];
        uint8_t again[PKI_RECORD_MAX];
        union any record;
        union any back;
        size_t len;
        size_t again_len;

        kinds[i].fill(&record);
        assert_int_equal(kinds[i].encode(&record, data, sizeof(data), &len), PKI_OK);
        assert_int_equal(kinds[i].decode(data, len, &back), PKI_OK);
        assert_int_equal(kinds[i].encode(&back, again, sizeof(again), &again_len), PKI_OK);
        assert_int_equal(len, again_len);
        assert_memory_equal(data, again, len);
    }
}

static void every_member_comes_back(void **state)
{
    struct pki_device device = full_device();
    struct pki_device back;
    uint8_t data[PKI_RECORD_MAX];
    size_t len;

    (void)state;
    assert_int_equal(pki_device_encode(&device, data, sizeof(data), &len), PKI_OK);
    assert_int_equal(pki_device_decode(data, len, &back), PKI_OK);
    /* Octets beyond psk_len are not kept. */
    assert_memory_equal(&back, &device, sizeof(device));
}

static void cut_and_longer_records_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        uint8_t data[PKI_RECORD_MAX + 1] = {0};
        union any record;
        size_t len;

        kinds[i].fill(&record);
        assert_int_equal(kinds[i].encode(&record, data, PKI_RECORD_MAX, &len), PKI_OK);
        for (size_t cut = 0; cut < len; cut++) {
            assert_int_equal(kinds[i].decode(data, cut, &record), PKI_ECORRUPT);
            assert_memory_equal(&record, zeros, kinds[i].size);
        }
        assert_int_equal(kinds[i].decode(data, len + 1, &record), PKI_ECORRUPT);
    }
}

static void small_buffers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        uint8_t data[PKI_RECORD_MAX];
        union any record;
        size_t len;
        size_t short_len;

        kinds[i].fill(&record);
        assert_int_equal(kinds[i].encode(&record, data, sizeof(data), &len), PKI_OK);
        assert_int_equal(kinds[i].encode(&record, data, len - 1, &short_len), PKI_ELIMIT);
        assert_int_equal(short_len, 0);
    }
}

static void other_versions_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        uint8_t data[PKI_RECORD_MAX];
        union any record;
        size_t len;

        kinds[i].fill(&record);
        assert_int_equal(kinds[i].encode(&record, data, sizeof(data), &len), PKI_OK);
        data[0]++;
        assert_int_equal(kinds[i].decode(data, len, &record), PKI_EVERSION);
        assert_memory_equal(&record, zeros, kinds[i].size);
        data[0] = 0;
        assert_int_equal(kinds[i].decode(data, len, &record), PKI_ECORRUPT);
    }
}

/* One octet of an otherwise good record changed to what it may not be. */
static void bad_members_are_refused(void **state)
{
    static const struct {
        size_t kind;
        size_t offset;
        uint8_t octet;
        const char *why;
    } rows[] = {
        {0, 1, 253, "endpoint over its bound"},
        {0, 5, 0, "NUL in the endpoint"},
        {0, 1 + 253, 4, "auth outside its enum"},
        {0, 1 + 253 + 1 + 256, 65, "PSK over its bound"},
        {0, 1 + 253 + 1 + 256 + 65 + 65 + 65, 17, "too many attributes"},
        {1, 1, 6, "mode outside its enum"},
        {1, 1 + 1 + 256, 193, "secret over its bound"},
        {1, 1 + 1 + 256 + 193 + 1, 1, "public part over its bound"},
        {1, 1 + 1 + 256 + 193 + 2 + 2048, 2, "a boolean of 2"},
        {1, 0, 1, "a mode that version 1 did not know"},
        {2, 13, 7, "result outside its enum"},
        {3, 1, 0, "kind 0"},
        {3, 1, 3, "kind outside its enum"},
        {5, 40, 9, "audit numbers in the wrong order"},
        {7, 1, 0, "wrapping kind 0"},
        {7, 1, 1, "a key file with a cost"},
        {7, 9, 17, "too many passes"},
        {7, 9, 0, "no passes"},
        {7, 13, 1, "more memory than allowed"},
        {8, 11, 5, "too many formats"},
        {8, 20, 5, "too many refused formats"},
        {8, 29, 65, "kind over its bound"},
        {8, 94, 2, "a boolean of 2"},
        {8, 95, 65, "too many objects"},
        {8, 99, 0, "objects out of order"},
        {8, 224, 65, "too many prints"},
        {8, 224 + 1 + 64 * 38, 9, "too many rollouts"},
        {9, 1, 0, "no state"},
        {9, 1, 4, "state outside its enum"},
        {9, 3, 0x10, "a share over the whole"},
        {9, 2 + 4 + 16 + 97, 1, "a pause over the whole"},
        {9, 2 + 4 + 16 + 97 + 4 + 2, 8, "a window over its bound"},
        {9, 2 + 4 + 16 + 97 + 8 + 24 + 2, 5, "more outcomes than the window has"},
        {9, 2 + 4 + 16 + 97 + 8 + 24 + 4 + 2, 4, "a place outside the window"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct kind *kind = &kinds[rows[i].kind];
        uint8_t data[PKI_RECORD_MAX];
        union any record;
        size_t len;

        kind->fill(&record);
        assert_int_equal(kind->encode(&record, data, sizeof(data), &len), PKI_OK);
        data[rows[i].offset] = rows[i].octet;
        if (kind->decode(data, len, &record) != PKI_ECORRUPT) {
            fail_msg("%s: %s was accepted", kind->name, rows[i].why);
        }
    }
}

/* As homes hold it that were written before credentials had a public part. */
static void credentials_of_version_1_are_read(void **state)
{
    static const uint8_t record[] = {
        1, 1, 2, 'm', '1', 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0,
        0, 0, 6, 0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    };
    struct pki_credential credential;
    uint8_t again[PKI_RECORD_MAX];
    size_t len;

    (void)state;
    assert_int_equal(pki_credential_decode(record, sizeof(record), &credential), PKI_OK);
    assert_int_equal(credential.mode, PKI_MODE_PSK);
    assert_int_equal(credential.identity_len, 2);
    assert_int_equal(credential.secret_len, 8);
    assert_int_equal(credential.secret[7], 8);
    assert_int_equal(credential.public_len, 0);
    assert_true(credential.is_stored);
    assert_int_equal(credential.staged_at, 5);
    assert_int_equal(credential.active_at, 6);
    assert_int_equal(pki_credential_encode(&credential, again, sizeof(again), &len), PKI_OK);
    assert_int_equal(len, sizeof(record));
    assert_memory_equal(again, record, len);
}

/* Two encodings of one credential would be two records that say the same. */
static void version_2_of_what_fits_version_1_is_refused(void **state)
{
    uint8_t record[] = {
        2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    };
    struct pki_credential credential;

    (void)state;
    assert_int_equal(pki_credential_decode(record, sizeof(record), &credential), PKI_ECORRUPT);
    record[1] = PKI_MODE_SMS;
    assert_int_equal(pki_credential_decode(record, sizeof(record), &credential), PKI_OK);
}

static void unsound_structs_do_not_encode(void **state)
{
    struct pki_device device = full_device();
    struct pki_outcome outcome = {.code = 1};
    struct pki_unknown unknown = {.kind = PKI_UNKNOWN_IDENTITY, .name_len = 256};
    uint8_t data[PKI_RECORD_MAX];
    size_t len;

    (void)state;
    static struct pki_memory memory = {.print_count = PKI_PRINTS_MAX + 1};

    assert_int_equal(pki_memory_encode(&memory, data, sizeof(data), &len), PKI_EINVAL);
    device.attribute_count = PKI_ATTRIBUTES_MAX + 1;
    memset(outcome.step, 's', sizeof(outcome.step));
    assert_int_equal(pki_device_encode(&device, data, sizeof(data), &len), PKI_EINVAL);
    assert_int_equal(pki_outcome_encode(&outcome, data, sizeof(data), &len), PKI_EINVAL);
    assert_int_equal(pki_unknown_encode(&unknown, data, sizeof(data), &len), PKI_EINVAL);
    assert_int_equal(len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_records_come_back),
        cmocka_unit_test(every_member_comes_back),
        cmocka_unit_test(cut_and_longer_records_are_refused),
        cmocka_unit_test(small_buffers_are_refused),
        cmocka_unit_test(other_versions_are_told_apart),
        cmocka_unit_test(bad_members_are_refused),
        cmocka_unit_test(credentials_of_version_1_are_read),
        cmocka_unit_test(version_2_of_what_fits_version_1_is_refused),
        cmocka_unit_test(unsound_structs_do_not_encode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
