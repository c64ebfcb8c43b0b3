#include "tests/support/cmocka_all.h"

#include "pki/record_codec.h"

#include <string.h>

static struct pki_device full_device(void)
{
    struct pki_device device = {
        .endpoint = "urn:dev:os:1",
        .auth = PKI_AUTH_PSK,
        .identity = {'i', 0, 'd'},
        .identity_len = 3,
        .psk = {1, 2, 3},
        .psk_len = 16,
        .group = "meters",
        .policy = "acme",
        .attributes = {{"vendor", "acme"}, {"region", "n\xc3\xb6rd"}},
        .attribute_count = 2,
        .created_at = 1,
        .changed_at = 2,
        .disabled_at = 3,
        .bootstrapped_at = 4,
        .attempted_at = -5,
        .last_result = PKI_RESULT_HELD,
    };

    return device;
}

/* One kind of record: a struct that is full to its bounds, its encoder and its decoder. */
struct kind {
    const char *name;
    size_t size;
    void (*fill)(void *record);
    enum pki_error (*encode)(const void *record, uint8_t *out, size_t cap, size_t *len);
    enum pki_error (*decode)(const uint8_t *data, size_t len, void *record);
};

static void fill_text(char *out, size_t cap)
{
    memset(out, 't', cap - 1);
    out[cap - 1] = '\0';
}

static void fill_device(void *record)
{
    struct pki_device *device = record;

    *device = full_device();
    fill_text(device->endpoint, sizeof(device->endpoint));
    fill_text(device->group, sizeof(device->group));
    fill_text(device->policy, sizeof(device->policy));
    device->identity_len = PKI_IDENTITY_MAX;
    device->psk_len = PKI_PSK_MAX;
    device->attribute_count = PKI_ATTRIBUTES_MAX;
    for (size_t i = 0; i < PKI_ATTRIBUTES_MAX; i++) {
        fill_text(device->attributes[i].name, sizeof(device->attributes[i].name));
        fill_text(device->attributes[i].value, sizeof(device->attributes[i].value));
    }
}

static void fill_credential(void *record)
{
    *(struct pki_credential *)record = (struct pki_credential){
        .mode = PKI_MODE_OSCORE,
        .identity = {'x'},
        .identity_len = PKI_IDENTITY_MAX,
        .secret = {9},
        .secret_len = PKI_SECRET_MAX,
        .public_part = {8},
        .public_len = PKI_PUBLIC_MAX,
        .is_stored = true,
        .staged_at = INT64_MIN,
        .active_at = INT64_MAX,
        .unconfirmed_at = 1,
        .retired_at = 2,
        .abandoned_at = 3,
    };
}

static void fill_outcome(void *record)
{
    struct pki_outcome *outcome = record;

    *outcome = (struct pki_outcome){
        .started_at = 1,
        .duration_ms = UINT32_MAX,
        .result = PKI_RESULT_SUPERSEDED,
        .code = 0x84,
        .writes = UINT16_MAX,
        .deletes = 2,
        .retransmissions = 3,
    };
    fill_text(outcome->step, sizeof(outcome->step));
    fill_text(outcome->reason, sizeof(outcome->reason));
    fill_text(outcome->policy, sizeof(outcome->policy));
    fill_text(outcome->peer, sizeof(outcome->peer));
}

static void fill_unknown(void *record)
{
    struct pki_unknown *unknown = record;

    *unknown = (struct pki_unknown){
        .kind = PKI_UNKNOWN_ENDPOINT,
        .name = {0, 'n'},
        .name_len = PKI_IDENTITY_MAX,
        .first_at = 1,
        .last_at = 2,
        .count = UINT64_MAX,
    };
    fill_text(unknown->peer, sizeof(unknown->peer));
}

static void fill_audit(void *record)
{
    struct pki_audit_link *link = record;

    memset(link, 0, sizeof(*link));
    link->record.number = 5;
    link->record.at = 6;
    fill_text(link->record.actor, sizeof(link->record.actor));
    fill_text(link->record.action, sizeof(link->record.action));
    fill_text(link->record.subject, sizeof(link->record.subject));
    memset(link->previous, 0xab, sizeof(link->previous));
}

static void fill_counters(void *record)
{
    *(struct pki_counters *)record = (struct pki_counters){
        .next_device_id = 1,
        .devices = 2,
        .credentials = 3,
        .unknowns = 4,
        .audit_first = 5,
        .audit_next = 6,
        .audit_head = {7},
    };
}

static void fill_home(void *record)
{
    struct pki_home_record *home = record;

    memset(home, 0, sizeof(*home));
    home->key_id = 3;
    home->created_at = 4;
}

static void fill_wrapped(void *record)
{
    *(struct pki_wrapped_key *)record = (struct pki_wrapped_key){
        .kind = PKI_WRAPPED_BY_PASSPHRASE,
        .key_id = 1,
        .passes = 16,
        .memory_kib = 1024 * 1024,
        .salt = {1},
        .nonce = {2},
        .sealed = {3},
    };
}

static void fill_memory(void *record)
{
    struct pki_memory *memory = record;

    *memory = (struct pki_memory){
        .learnt_at = 1,
        .version = 0x0102,
        .formats = {11542, 11543, 110, 112},
        .format_count = PKI_FORMATS_MAX,
        .refused = {0, 42, 60, UINT16_MAX},
        .refused_count = PKI_FORMATS_MAX,
        .asked_pack = true,
        .object_count = PKI_OBJECTS_MAX,
        .print_count = PKI_PRINTS_MAX,
        .rollout_count = PKI_ROLLOUTS_MAX,
    };
    fill_text(memory->kind, sizeof(memory->kind));
    for (uint16_t i = 0; i < PKI_OBJECTS_MAX; i++) {
        memory->objects[i] = (uint16_t)(i * 2);
    }
    for (uint16_t i = 0; i < PKI_PRINTS_MAX; i++) {
        memory->prints[i] = (struct pki_print){
            .object = i, .instance = 1, .ssid = UINT16_MAX, .content = {1}, .shape = {2}};
    }
    for (size_t i = 0; i < PKI_ROLLOUTS_MAX; i++) {
        fill_text(memory->rollouts[i], sizeof(memory->rollouts[i]));
    }
}

static void fill_rollout(void *record)
{
    struct pki_rollout *rollout = record;

    *rollout = (struct pki_rollout){
        .state = PKI_ROLLOUT_PAUSED,
        .share_ppm = PKI_PPM_MAX,
        .started_at = 1,
        .changed_at = 2,
        .pause_ppm = PKI_PPM_MAX,
        .pause_of = PKI_ROLLOUT_WINDOW_MAX,
        .devices = 3,
        .finished = UINT64_MAX,
        .failed = 4,
        .window = {0xff},
        .window_count = PKI_ROLLOUT_WINDOW_MAX,
        .window_next = PKI_ROLLOUT_WINDOW_MAX - 1,
    };
    fill_text(rollout->reason, sizeof(rollout->reason));
}

#define CODEC(what, type)                                                                          \
    static enum pki_error encode_##what(const void *record, uint8_t *out, size_t cap, size_t *len) \
    {                                                                                              \
        return pki_##what##_encode((const struct type *)record, out, cap, len);                    \
    }                                                                                              \
    static enum pki_error decode_##what(const uint8_t *data, size_t len, void *record)             \
    {                                                                                              \
        return pki_##what##_decode(data, len, (struct type *)record);                              \
    }
CODEC(device, pki_device)
CODEC(credential, pki_credential)
CODEC(outcome, pki_outcome)
CODEC(unknown, pki_unknown)
CODEC(audit, pki_audit_link)
CODEC(counters, pki_counters)
CODEC(home, pki_home_record)
CODEC(wrapped_key, pki_wrapped_key)
CODEC(memory, pki_memory)
CODEC(rollout, pki_rollout)

static const struct kind kinds[] = {
    {"device", sizeof(struct pki_device), fill_device, encode_device, decode_device},
    {"credential", sizeof(struct pki_credential), fill_credential, encode_credential,
     decode_credential},
    {"outcome", sizeof(struct pki_outcome), fill_outcome, encode_outcome, decode_outcome},
    {"unknown", sizeof(struct pki_unknown), fill_unknown, encode_unknown, decode_unknown},
    {"audit", sizeof(struct pki_audit_link), fill_audit, encode_audit, decode_audit},
    {"counters", sizeof(struct pki_counters), fill_counters, encode_counters, decode_counters},
    {"home", sizeof(struct pki_home_record), fill_home, encode_home, decode_home},
    {"wrapped key", sizeof(struct pki_wrapped_key), fill_wrapped, encode_wrapped_key,
     decode_wrapped_key},
    {"memory", sizeof(struct pki_memory), fill_memory, encode_memory, decode_memory},
    {"rollout", sizeof(struct pki_rollout), fill_rollout, encode_rollout, decode_rollout},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

union any {
    struct pki_device device;
    struct pki_credential credential;
    struct pki_outcome outcome;
    struct pki_unknown unknown;
    struct pki_audit_link audit;
    struct pki_counters counters;
    struct pki_home_record home;
    struct pki_wrapped_key wrapped;
    struct pki_memory memory;
    struct pki_rollout rollout;
};

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
