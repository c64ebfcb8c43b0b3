#include "tests/support/cmocka_all.h"

#include "pki/psk.h"
#include "pki/record.h"

#include <string.h>

/* ---- states and names ---- */

static void device_state_follows_timestamps(void **state)
{
    static const struct {
        struct pki_device device;
        enum pki_device_state expected;
    } rows[] = {
        {{.created_at = 1}, PKI_DEVICE_NEW},
        {{.attempted_at = 2, .last_result = PKI_RESULT_FINISHED}, PKI_DEVICE_BOOTSTRAPPED},
        {{.attempted_at = 2, .last_result = PKI_RESULT_UNCONFIRMED}, PKI_DEVICE_BOOTSTRAPPED},
        {{.attempted_at = 2, .last_result = PKI_RESULT_FAILED, .bootstrapped_at = 1},
         PKI_DEVICE_FAILING},
        {{.attempted_at = 2, .last_result = PKI_RESULT_HELD}, PKI_DEVICE_FAILING},
        {{.attempted_at = 2, .last_result = PKI_RESULT_FINISHED, .disabled_at = 1},
         PKI_DEVICE_DISABLED},
        {{.disabled_at = 1}, PKI_DEVICE_DISABLED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(pki_device_state(&rows[i].device), rows[i].expected);
    }
}

static void credential_state_follows_timestamps(void **state)
{
    static const struct {
        struct pki_credential credential;
        enum pki_credential_state expected;
    } rows[] = {
        {{.staged_at = 1}, PKI_CREDENTIAL_STAGED},
        {{.staged_at = 1, .unconfirmed_at = 2}, PKI_CREDENTIAL_UNCONFIRMED},
        {{.staged_at = 1, .active_at = 2}, PKI_CREDENTIAL_ACTIVE},
        {{.staged_at = 1, .unconfirmed_at = 2, .active_at = 3}, PKI_CREDENTIAL_ACTIVE},
        {{.active_at = 2, .retired_at = 3}, PKI_CREDENTIAL_RETIRED},
        {{.staged_at = 1, .abandoned_at = 3}, PKI_CREDENTIAL_ABANDONED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(pki_credential_state(&rows[i].credential), rows[i].expected);
    }
}

static void names_are_total(void **state)
{
    (void)state;
    assert_string_equal(pki_auth_name(PKI_AUTH_PSK), "psk");
    assert_string_equal(pki_auth_name((enum pki_auth)99), "?");
    assert_string_equal(pki_result_name(PKI_RESULT_SUPERSEDED), "superseded");
    assert_string_equal(pki_result_name((enum pki_result)99), "?");
    assert_string_equal(pki_device_state_name(PKI_DEVICE_DISABLED), "disabled");
    assert_string_equal(pki_device_state_name((enum pki_device_state)4), "?");
    assert_string_equal(pki_credential_state_name(PKI_CREDENTIAL_ABANDONED), "abandoned");
    assert_string_equal(pki_credential_state_name((enum pki_credential_state)5), "?");
    assert_string_equal(pki_rollout_state_name(PKI_ROLLOUT_PAUSED), "paused");
    assert_string_equal(pki_rollout_state_name((enum pki_rollout_state)4), "?");
    assert_string_equal(pki_mode_name(PKI_MODE_SMS), "sms");
    assert_int_equal(pki_mode_by_name("oscore"), PKI_MODE_OSCORE);
    assert_int_equal(pki_mode_by_name("nothing"), PKI_MODE_NONE);
    for (enum pki_auth auth = PKI_AUTH_NONE; auth <= PKI_AUTH_X509; auth++) {
        assert_int_equal(pki_auth_by_name(pki_auth_name(auth)), auth);
    }
    assert_int_equal(pki_auth_by_name("PSK"), PKI_AUTH_NONE);
    for (enum pki_error error = PKI_OK; error <= PKI_EIO; error++) {
        assert_string_not_equal(pki_error_text(error), "unknown error");
    }
    assert_string_equal(pki_error_text((enum pki_error)99), "unknown error");
}

/* ---- what may be stored ---- */

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

static void break_endpoint(struct pki_device *device)
{
    device->endpoint[0] = '\0';
}

static void break_endpoint_end(struct pki_device *device)
{
    memset(device->endpoint, 'e', sizeof(device->endpoint));
}

static void break_endpoint_line(struct pki_device *device)
{
    device->endpoint[3] = '\n';
}

static void break_auth(struct pki_device *device)
{
    device->auth = (enum pki_auth)4;
}

static void break_identity(struct pki_device *device)
{
    device->identity_len = PKI_IDENTITY_MAX + 1;
}

static void break_identity_absent(struct pki_device *device)
{
    device->identity_len = 0;
}

static void break_psk_short(struct pki_device *device)
{
    device->psk_len = PKI_PSK_MIN - 1;
}

static void break_psk_long(struct pki_device *device)
{
    device->psk_len = PKI_PSK_MAX + 1;
}

static void break_psk_stray(struct pki_device *device)
{
    device->auth = PKI_AUTH_RPK;
}

static void break_group(struct pki_device *device)
{
    device->group[0] = '\x7f';
}

static void break_policy(struct pki_device *device)
{
    memcpy(device->policy, "\xc0\x80", 2);
}

static void break_attributes(struct pki_device *device)
{
    device->attribute_count = PKI_ATTRIBUTES_MAX + 1;
}

static void break_attributes_twice(struct pki_device *device)
{
    device->attributes[1] = device->attributes[0];
}

static void break_attributes_name(struct pki_device *device)
{
    device->attributes[0].name[0] = '\0';
}

static void break_result(struct pki_device *device)
{
    device->last_result = (enum pki_result)7;
}

static void unsound_devices_are_named(void **state)
{
    static const struct {
        void (*break_it)(struct pki_device *device);
        const char *field;
    } rows[] = {
        {break_endpoint, "endpoint"},
        {break_endpoint_end, "endpoint"},
        {break_endpoint_line, "endpoint"},
        {break_auth, "auth"},
        {break_identity, "identity"},
        {break_identity_absent, "identity"},
        {break_psk_short, "psk"},
        {break_psk_long, "psk"},
        {break_psk_stray, "psk"},
        {break_group, "group"},
        {break_policy, "policy"},
        {break_attributes, "attributes"},
        {break_attributes_twice, "attributes"},
        {break_attributes_name, "attributes"},
        {break_result, "last_result"},
    };
    struct pki_device device = full_device();
    const char *field = NULL;

    (void)state;
    assert_int_equal(pki_device_check(&device, &field), PKI_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        device = full_device();
        rows[i].break_it(&device);
        assert_int_equal(pki_device_check(&device, &field), PKI_EINVAL);
        assert_string_equal(field, rows[i].field);
        assert_int_equal(pki_device_check(&device, NULL), PKI_EINVAL);
    }
}

/* RFC 3629 4: what is UTF-8 and what is not. */
static void texts_are_utf8(void **state)
{
    static const struct {
        const char *text;
        bool is_sound;
    } rows[] = {
        {"plain", true},
        {"\xc2\xa0", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x94\x91", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xc1\xbf", false},
        {"\xc3", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xc2\x85", false},
        {"\t", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki_device device = full_device();

        strcpy(device.endpoint, rows[i].text);
        assert_int_equal(pki_device_check(&device, NULL) == PKI_OK, rows[i].is_sound);
    }
}

static void unsound_credentials_are_refused(void **state)
{
    const struct pki_credential sound = {.server_id = 1, .mode = PKI_MODE_PSK, .secret_len = 16};
    static const uint8_t ids[] = {2, 's', 's', 1, 'r'};
    struct pki_credential bad[12];
    struct pki_credential context = {
        .server_id = 1, .mode = PKI_MODE_OSCORE, .identity_len = 5, .secret_len = 16};

    (void)state;
    assert_int_equal(pki_credential_check(&sound), PKI_OK);
    memcpy(context.identity, ids, sizeof(ids));
    assert_int_equal(pki_credential_check(&context), PKI_OK);
    for (size_t i = 0; i < 12; i++) {
        bad[i] = i < 8 ? sound : context;
    }
    bad[0].server_id = 0;
    bad[1].public_len = 1;
    bad[2].mode = (enum pki_mode)6;
    bad[3].identity_len = PKI_IDENTITY_MAX + 1;
    bad[4].secret_len = PKI_PSK_MAX + 1;
    bad[5].mode = PKI_MODE_NONE;
    bad[6].mode = PKI_MODE_SMS;
    bad[6].identity_len = 7;
    bad[7].mode = PKI_MODE_X509;
    bad[7].public_len = PKI_PUBLIC_MAX + 1;
    bad[8].identity_len = 4;
    bad[9].identity_len = 0;
    bad[10].identity[0] = 5;
    bad[11].identity[3] = 2;
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(pki_credential_check(&bad[i]), PKI_EINVAL);
    }
}

static void unsound_rollouts_are_refused(void **state)
{
    const struct pki_rollout sound = {.name = "move",
                                      .state = PKI_ROLLOUT_RUNNING,
                                      .share_ppm = PKI_PPM_MAX,
                                      .pause_ppm = 20000,
                                      .pause_of = 200,
                                      .window_count = 200,
                                      .window_next = 199};
    struct pki_rollout bad[11];

    (void)state;
    assert_int_equal(pki_rollout_check(&sound), PKI_OK);
    for (size_t i = 0; i < 11; i++) {
        bad[i] = sound;
    }
    bad[0].name[0] = '\0';
    bad[1].name[0] = '\n';
    bad[2].state = (enum pki_rollout_state)0;
    bad[3].state = (enum pki_rollout_state)4;
    bad[4].share_ppm = PKI_PPM_MAX + 1;
    bad[5].pause_ppm = PKI_PPM_MAX + 1;
    bad[6].pause_of = PKI_ROLLOUT_WINDOW_MAX + 1;
    bad[7].window_count = 201;
    bad[8].window_next = 200;
    bad[9].failing_count = PKI_ROLLOUT_FAILING_MAX + 1;
    bad[10].failing_count = 1;
    bad[10].failing_at[0] = PKI_ROLLOUT_WINDOW_MAX;
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(pki_rollout_check(&bad[i]), PKI_EINVAL);
    }
}

/* ---- minting ---- */

static void count_up(void *context, uint8_t *out, size_t len)
{
    uint8_t *next = context;

    for (size_t i = 0; i < len; i++) {
        out[i] = (*next)++;
    }
}

static void minting_takes_the_given_randomness(void **state)
{
    struct pki_device device = {.endpoint = "ep"};
    uint8_t next = 7;

    (void)state;
    assert_int_equal(pki_psk_mint(&device, 16, count_up, &next), PKI_OK);
    assert_int_equal(device.auth, PKI_AUTH_PSK);
    assert_int_equal(device.psk_len, 16);
    assert_int_equal(device.psk[0], 7);
    assert_int_equal(device.psk[15], 22);
    assert_int_equal(device.psk[16], 0);
    assert_int_equal(device.identity_len, 2);
    assert_memory_equal(device.identity, "ep", 2);
    device.identity[0] = 'I';
    assert_int_equal(pki_psk_mint(&device, PKI_PSK_MAX, count_up, &next), PKI_OK);
    assert_memory_equal(device.identity, "Ip", 2);
    assert_int_equal(pki_psk_mint(&device, PKI_PSK_MIN, count_up, &next), PKI_OK);
    assert_int_equal(device.psk[PKI_PSK_MIN], 0);
    assert_int_equal(pki_psk_mint(&device, PKI_PSK_MIN - 1, count_up, &next), PKI_EINVAL);
    assert_int_equal(pki_psk_mint(&device, PKI_PSK_MAX + 1, count_up, &next), PKI_EINVAL);
    assert_int_equal(device.psk_len, PKI_PSK_MIN);
    struct pki_device nameless = {0};

    assert_int_equal(pki_psk_mint(&nameless, 16, count_up, &next), PKI_EINVAL);
    assert_int_equal(nameless.psk_len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_state_follows_timestamps),
        cmocka_unit_test(credential_state_follows_timestamps),
        cmocka_unit_test(names_are_total),
        cmocka_unit_test(unsound_devices_are_named),
        cmocka_unit_test(texts_are_utf8),
        cmocka_unit_test(unsound_credentials_are_refused),
        cmocka_unit_test(unsound_rollouts_are_refused),
        cmocka_unit_test(minting_takes_the_given_randomness),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
