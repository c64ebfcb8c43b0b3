#include "tests/support/cmocka_all.h"
#include "tests/support/policy_made.h"

#include <stdio.h>
#include <string.h>

/* What a plan teaches about its device, by what became of its bootstrap. */

#define SHOWN "</>;lwm2m=1.1,</0/0>,</1>,</3/0>"
#define TEXT                                                                                       \
    "imprint: 1\nservers: {a: {id: 101, uri: 'coaps://a.example'}}\n"                              \
    "policies: [{name: p, servers: {a: {psk: {}}}, write: {/3/0: {15: Etc/UTC}}}]\n"               \
    "overlays:\n"                                                                                  \
    "  - {name: move, rollout: {share: 100%}, write: {/3/0: {14: '+01:00'}}}\n"

static void print_of(void *context, const uint8_t *data, size_t len,
                     uint8_t print[static PKI_PRINT_OCTETS])
{
    (void)context;
    memset(print, data[0] + (int)len, PKI_PRINT_OCTETS);
}

static void make(struct policy_made *made)
{
    static const struct pki_rollout rollout = {
        .name = "move", .state = PKI_ROLLOUT_RUNNING, .share_ppm = PKI_PPM_MAX};
    policy_made_init(made, TEXT, SHOWN);
    made->subject.rollouts = &rollout;
    made->subject.rollout_count = 1;
    made->subject.print = print_of;
    policy_made_again(made, POLICY_MADE_AT);
    assert_non_null(made->plan);
}

/* A memory full of what was there before. */
static struct pki_memory before(void)
{
    struct pki_memory memory = {.device_id = 7,
                                .learnt_at = 5,
                                .version = LWM2M_VERSION(1, 0),
                                .formats = {11542},
                                .format_count = 1,
                                .kind = "zephyr",
                                .objects = {0, 1, 9},
                                .object_count = 3,
                                .print_count = 1,
                                .rollout_count = PKI_ROLLOUTS_MAX};
    memory.prints[0] = (struct pki_print){.object = 9, .content = {1}};
    for (size_t i = 0; i < PKI_ROLLOUTS_MAX; i++) {
        snprintf(memory.rollouts[i], sizeof memory.rollouts[i], "old-%zu", i);
    }
    return memory;
}

static void check_always(const struct pki_memory *memory)
{
    static const uint16_t objects[] = {0, 1, 3};
    assert_int_equal(memory->version, LWM2M_VERSION(1, 1));
    assert_string_equal(memory->kind, "");
    assert_false(memory->asked_pack);
    assert_int_equal(memory->object_count, 3);
    assert_memory_equal(memory->objects, objects, sizeof objects);
    /* the caller's */
    assert_int_equal(memory->device_id, 7);
    assert_int_equal(memory->learnt_at, 5);
    assert_int_equal(memory->format_count, 1);
}

static void test_confirmed(void **state)
{
    struct policy_made made;
    struct pki_memory memory = before();
    (void)state;
    make(&made);
    policy_plan_teach(made.plan, true, &memory);
    check_always(&memory);
    assert_int_equal(memory.print_count, 3);
    assert_int_equal(memory.prints[0].object, 0);
    assert_int_equal(memory.prints[0].ssid, 101);
    assert_int_equal(memory.prints[2].object, 3);
    /* The oldest made room; what is known already is not there twice. */
    assert_int_equal(memory.rollout_count, PKI_ROLLOUTS_MAX);
    assert_string_equal(memory.rollouts[0], "old-1");
    assert_string_equal(memory.rollouts[PKI_ROLLOUTS_MAX - 1], "move");
    struct pki_memory again = memory;
    policy_plan_teach(made.plan, true, &again);
    assert_memory_equal(&again, &memory, sizeof memory);
    policy_made_clear(&made);
}

/* The device may hold anything: nothing is spared next time. */
static void test_unconfirmed(void **state)
{
    struct policy_made made;
    struct pki_memory memory = before();
    (void)state;
    make(&made);
    policy_plan_teach(made.plan, false, &memory);
    check_always(&memory);
    assert_int_equal(memory.print_count, 0);
    assert_int_equal(memory.rollout_count, PKI_ROLLOUTS_MAX);
    assert_string_equal(memory.rollouts[0], "old-0");
    policy_made_clear(&made);
}

/* Of a Security instance that the device did not take the whole account is in doubt. */
static void test_forgotten(void **state)
{
    static const struct {
        const char *path;
        size_t left;
    } cases[] = {{"/0/1", 1}, {"/1/0", 2}, {"/3/0", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct policy_made made;
        struct pki_memory memory = {0};
        make(&made);
        policy_plan_forget(made.plan, policy_made_write(made.plan, cases[i].path));
        policy_plan_teach(made.plan, true, &memory);
        assert_int_equal(memory.print_count, cases[i].left);
        policy_made_clear(&made);
    }
}

/* A plan is held for as long as its bootstrap takes: it costs what it holds. */
static void test_size(void **state)
{
    struct policy_made made;
    (void)state;
    make(&made);
    size_t three = policy_plan_memory(made.plan);
    made.subject.print = NULL;
    policy_made_again(&made, POLICY_MADE_AT);
    assert_int_equal(three - policy_plan_memory(made.plan), 3 * sizeof(struct pki_print));
    assert_true(three < 2048);
    policy_made_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confirmed),
        cmocka_unit_test(test_unconfirmed),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
