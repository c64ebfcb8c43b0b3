#include "tests/support/cmocka_all.h"
#include "tests/support/policy_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Whatever a device holds, a plan leaves on it what the policy wants, the bootstrap account as it
 * was, the accounts of others where they are kept, and nothing to do for the next plan. Devices
 * merge or replace, show URIs or not, take /1 along with /0, and refuse to delete what is not
 * there.
 */

#define DEVICES  2000
#define NOW      INT64_C(1000000)
#define KEYS_MAX 8

#define SERVERS                                                                                    \
    "imprint: 1\nservers:\n"                                                                       \
    "  a: {id: 101, uri: 'coaps://a.example', lifetime: 1d}\n"                                     \
    "  b: {id: 102, uri: 'coaps://b.example', lifetime: 2d, pmin: 1s, retry-count: 3}\n"           \
    "access:\n"                                                                                    \
    "  t: {/1/a: {owner: a}, /1/b: {owner: b}, /3/0: {owner: a, b: r, default: r}, /5: {a: c}}\n"  \
    "policies:\n"

static const char *const policies[] = {
    SERVERS "  - {name: p, servers: {a: {psk: {}}}}\n",
    SERVERS "  - {name: p, servers: {a: {psk: {}}, b: {psk: {}}}, access: t}\n",
    SERVERS "  - {name: p, servers: {a: {psk: {}}, b: {psk: {}}}, access: t, others: keep}\n",
    SERVERS "  - {name: p, servers: {b: {psk: {}}}, others: keep}\n",
};
enum { POLICIES = sizeof policies / sizeof policies[0], KEEPING = 2 };

/* One device in the test, with what the server knows of it. */
struct bench {
    uint32_t seed;
    struct policy_set *set;
    struct policy_device device;
    struct pki_device record;
    struct policy_subject subject;
    struct pki_credential keys[KEYS_MAX];
    struct pki_memory memory;
    struct lwm2m_discover discover;
    struct lwm2m_content servers, access;
    bool can_read;
    uint8_t counter;
    char reason[POLICY_REASON_MAX + 1];
};

static void print_of(void *context, const uint8_t *data, size_t len,
                     uint8_t print[static PKI_PRINT_OCTETS])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    (void)context;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ data[i]) * UINT64_C(1099511628211);
    }
    memset(print, 0, PKI_PRINT_OCTETS);
    memcpy(print, &hash, sizeof hash);
}

static void look(struct bench *bench)
{
    lwm2m_discover_clear(&bench->discover);
    lwm2m_content_clear(&bench->servers);
    lwm2m_content_clear(&bench->access);
    policy_device_discover(&bench->device, &bench->discover);
    policy_device_read(&bench->device, 1, &bench->servers);
    policy_device_read(&bench->device, 2, &bench->access);
    bench->subject.seen = (struct policy_observation){
        .discover = &bench->discover,
        .servers = bench->can_read ? &bench->servers : NULL,
        .access = bench->can_read && bench->device.has_access ? &bench->access : NULL};
}

static struct policy_plan *plan_of(struct bench *bench)
{
    struct policy_decision decision;
    look(bench);
    policy_decide(bench->set, &bench->subject, true, NOW, &decision);
    struct policy_plan *plan = policy_plan_new(bench->set, &decision, &bench->subject, NOW,
                                               policy_case_random, &bench->counter, bench->reason);
    if (plan == NULL) {
        fail_msg("seed %u: %s", bench->seed, bench->reason);
    }
    return plan;
}

/* As the session does when Finish is answered. */
static void confirm(struct bench *bench, const struct policy_plan *plan)
{
    for (size_t i = 0; i < plan->minted_count; i++) {
        size_t at = bench->subject.credential_count++;
        assert_true(at < KEYS_MAX);
        policy_minted_credential(&plan->minted[i], &bench->keys[at]);
        bench->keys[at].staged_at = NOW;
        bench->keys[at].serial = (uint32_t)at + 1;
        bench->keys[at].active_at = NOW;
    }
    policy_plan_teach(plan, true, &bench->memory);
    bench->subject.memory = &bench->memory;
}

static const struct lwm2m_leaf *wanted_leaves(const struct policy_plan *plan, uint16_t object,
                                              uint16_t ssid, size_t *count)
{
    uint16_t rid = object == 0 ? 10 : 0;
    for (size_t i = 0; i < plan->op_count; i++) {
        const struct policy_op *op = &plan->ops[i];
        for (size_t j = 0; op->path.id[0] == object && j < op->leaf_count; j++) {
            if (op->leaves[j].path.id[2] == rid && op->leaves[j].value.as.integer == ssid) {
                *count = op->leaf_count;
                return op->leaves;
            }
        }
    }
    return NULL;
}

/* The accounts on the device are those of REFERENCE, a plan for an empty one. */
static void check_accounts(struct bench *bench, const struct policy_plan *reference,
                           const struct policy_device *before, bool keeps)
{
    size_t ours = 0;
    size_t wanted = 0;
    for (size_t i = 0; i < reference->op_count; i++) {
        wanted += reference->ops[i].kind == POLICY_OP_WRITE && reference->ops[i].path.id[0] < 2;
    }
    for (size_t i = 0; i < bench->device.count; i++) {
        struct policy_device_instance *one = &bench->device.instances[i];
        size_t count = 0;
        uint16_t ssid = policy_device_ssid(one);
        if (one->path.id[0] > 1) {
            continue;
        }
        const struct lwm2m_leaf *leaves =
            ssid != 0 ? wanted_leaves(reference, one->path.id[0], ssid, &count) : NULL;
        if (leaves == NULL) {
            struct policy_device copy = *before;
            struct policy_device_instance *old = policy_device_at(&copy, one->path);
            assert_true(keeps || policy_device_is_bootstrap(one));
            assert_non_null(old);
            leaves = old->content.leaves;
            count = old->content.count;
        } else {
            ours++;
        }
        if (!policy_device_same(one->content.leaves, one->content.count, leaves, count)) {
            fail_msg("seed %u: /%u/%u of server %u is not as wanted", bench->seed, one->path.id[0],
                     one->path.id[1], ssid);
        }
    }
    assert_int_equal(ours, wanted);
}

static void copy_device(const struct policy_device *from, struct policy_device *to)
{
    *to = *from;
    for (size_t i = 0; i < to->count; i++) {
        to->instances[i].content = (struct lwm2m_content){0};
        for (size_t j = 0; j < from->instances[i].content.count; j++) {
            const struct lwm2m_leaf *leaf = &from->instances[i].content.leaves[j];
            assert_int_equal(lwm2m_content_add(&to->instances[i].content, leaf->path, &leaf->value),
                             LWM2M_OK);
        }
    }
}

static void check_unchanged(struct bench *bench)
{
    struct policy_plan *plan = plan_of(bench);
    if (!plan->is_unchanged || plan->op_count != 0 ||
        !policy_plan_verify(plan, &bench->subject.seen, bench->reason)) {
        char path[LWM2M_PATH_TEXT] = "";
        if (plan->op_count > 0) {
            lwm2m_path_text(plan->ops[0].path, path);
        }
        fail_msg("seed %u: a second plan has %zu operations (%s) or is not content: %s",
                 bench->seed, plan->op_count, path, bench->reason);
    }
    policy_plan_free(plan);
}

/* Something gets lost: verify names it, a corrective round repairs it. */
static void check_repair(struct bench *bench, const struct policy_plan *plan)
{
    size_t index = policy_case_next(&bench->seed) % bench->device.count;
    const struct policy_device_instance *one = &bench->device.instances[index];
    char path[LWM2M_PATH_TEXT];
    lwm2m_path_text(one->path, path);
    uint16_t ssid = policy_device_ssid(one);
    if (ssid != 101 && ssid != 102) {
        return;
    }
    policy_device_lose(&bench->device, index);
    look(bench);
    bool is_ours = !policy_plan_verify(plan, &bench->subject.seen, bench->reason);
    if (is_ours) {
        assert_non_null(strstr(bench->reason, path));
        struct policy_plan *mending = policy_plan_correct(plan, &bench->subject.seen);
        assert_non_null(mending);
        assert_int_equal(mending->minted_count, 0);
        policy_device_apply(&bench->device, mending);
        assert_false(bench->device.has_refused);
        look(bench);
        if (!policy_plan_verify(mending, &bench->subject.seen, bench->reason)) {
            fail_msg("seed %u: mended, %s", bench->seed, bench->reason);
        }
        policy_plan_free(mending);
    }
}

/* A plan for a device of the same kind that has nothing, with the keys that it has by now. */
static struct policy_plan *reference_of(struct bench *bench)
{
    struct policy_device empty = {.minor = bench->device.minor,
                                  .has_access = bench->device.has_access};
    struct policy_subject subject = bench->subject;
    struct policy_decision decision;
    struct lwm2m_discover discover;
    policy_device_discover(&empty, &discover);
    subject.seen = (struct policy_observation){.discover = &discover};
    subject.memory = NULL;
    policy_decide(bench->set, &subject, true, NOW, &decision);
    struct policy_plan *plan = policy_plan_new(bench->set, &decision, &subject, NOW,
                                               policy_case_random, &bench->counter, bench->reason);
    assert_non_null(plan);
    assert_int_equal(plan->minted_count, 0);
    lwm2m_discover_clear(&discover);
    return plan;
}

static void bench_init(struct bench *bench, uint32_t seed)
{
    *bench = (struct bench){.seed = seed};
    policy_device_random(&bench->device, &bench->seed);
    bench->subject = policy_case_subject(&bench->record, NULL);
    bench->subject.print = print_of;
    bench->subject.credentials = bench->keys;
    bench->can_read = bench->device.minor > 0;
    bench->subject.pct = bench->device.minor > 0 ? LWM2M_FORMAT_SENML_CBOR : LWM2M_FORMAT_NONE;
}

static void bench_clear(struct bench *bench)
{
    lwm2m_discover_clear(&bench->discover);
    lwm2m_content_clear(&bench->servers);
    lwm2m_content_clear(&bench->access);
    policy_device_clear(&bench->device);
}

/* One bootstrap by SET, and what must hold after it. */
static void provision(struct bench *bench, struct policy_set *set, bool keeps)
{
    struct policy_device before;
    bench->set = set;
    copy_device(&bench->device, &before);
    struct policy_plan *plan = plan_of(bench);
    const char *broken = policy_case_broken(plan, &bench->discover);
    if (broken != NULL) {
        fail_msg("seed %u: %s", bench->seed, broken);
    }
    policy_device_apply(&bench->device, plan);
    assert_false(bench->device.has_refused);
    confirm(bench, plan);
    look(bench);
    if (!policy_plan_verify(plan, &bench->subject.seen, bench->reason)) {
        fail_msg("seed %u: %s", bench->seed, bench->reason);
    }
    struct policy_plan *reference = reference_of(bench);
    check_accounts(bench, reference, &before, keeps);
    check_unchanged(bench);
    check_repair(bench, plan);
    policy_plan_free(reference);
    policy_plan_free(plan);
    policy_device_clear(&before);
}

/* A device that anybody left, then one policy after another. */
static void test_any_device(void **state)
{
    struct policy_set *sets[POLICIES];
    uint32_t seed = 20261122;
    (void)state;
    for (size_t p = 0; p < POLICIES; p++) {
        sets[p] = policy_case_set(policies[p]);
    }
    for (unsigned i = 0; i < DEVICES; i++) {
        struct bench bench;
        policy_case_next(&seed);
        bench_init(&bench, seed);
        for (unsigned step = 0; step < 3; step++) {
            size_t p = policy_case_next(&bench.seed) % POLICIES;
            provision(&bench, sets[p], p >= KEEPING);
        }
        bench_clear(&bench);
    }
    for (size_t p = 0; p < POLICIES; p++) {
        policy_set_unref(sets[p]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_device)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
