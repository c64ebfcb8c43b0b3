#include "tests/support/cmocka_all.h"
#include "tests/support/policy_case.h"

#include "bootstrap/policy/model.h"

#include <string.h>

static const char text[] = "imprint: 1\n"
                           "servers: {a: {id: 1, uri: 'coaps://a'}, b: {id: 2, uri: 'coaps://b'},\n"
                           "          c: {id: 3, uri: 'coaps://c'}}\n"
                           "links: {slow: {}, fast: {}}\n"
                           "policies:\n"
                           "  - name: base\n"
                           "    match: {group: g}\n"
                           "    link: slow\n"
                           "    client: {version: '1.0', bootstrap-instance: 3}\n"
                           "    servers: {a: {psk: {bytes: 16}}, b: {psk: {bytes: 16}}}\n"
                           "    delete: [/5]\n"
                           "    write: {/3/0: {14: '+01:00', 15: Europe/Berlin, 6: [1, 2, 3]}}\n"
                           "  - name: over\n"
                           "    client: {version: '1.1'}\n"
                           "    servers: {b: {psk: {bytes: 8}}, c: {psk: stored}}\n"
                           "    others: keep\n"
                           "    delete: [/6]\n"
                           "    write: {/3/0: {6: [7], 13: 1700000000, 15: Etc/UTC}}\n"
                           "  - {name: nothing, match: {group: h}, hold: later}\n";

static const struct policy_grant *grant(const struct policy_rule *rule, size_t i)
{
    return (const struct policy_grant *)rule->grants.items + i;
}

static void assert_text_leaf(const struct lwm2m_leaf *leaf, const char *value)
{
    assert_int_equal(leaf->value.as.bytes.len, strlen(value));
    assert_memory_equal(leaf->value.as.bytes.data, value, strlen(value));
}

static void test_lay(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(text);
    struct policy_arena arena = {0};
    struct policy_rule rule = *policy_rule_at(set, 0);
    assert_true(policy_rule_lay(&arena, &rule, policy_rule_at(set, 1)));

    assert_string_equal(rule.item.name, "base");
    assert_int_equal(rule.match.groups.count, 1);
    assert_string_equal(rule.link.name, "slow");
    assert_int_equal(rule.client.version, LWM2M_VERSION(1, 1));
    assert_int_equal(rule.client.bootstrap_instance, 3);
    assert_int_equal(rule.others, POLICY_OTHERS_KEEP);
    assert_int_equal(rule.deletes.count, 2);
    assert_int_equal(rule.grants.count, 3);
    assert_string_equal(grant(&rule, 0)->item.name, "a");
    assert_int_equal(grant(&rule, 1)->psk.bytes, 8);
    assert_true(grant(&rule, 2)->psk.is_stored);

    assert_int_equal(rule.writes.count, 1);
    const struct policy_write *write = rule.writes.items;
    const struct lwm2m_leaf *leaves = write->leaves.items;
    static const uint16_t rids[] = {6, 13, 14, 15};
    assert_int_equal(write->leaves.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(leaves[i].path.id[2], rids[i]);
    }
    assert_int_equal(leaves[0].value.as.integer, 7);
    assert_text_leaf(&leaves[2], "+01:00");
    assert_text_leaf(&leaves[3], "Etc/UTC");

    /* What was laid is as before: other threads read it. */
    assert_int_equal(grant(policy_rule_at(set, 0), 1)->psk.bytes, 16);
    assert_int_equal(policy_rule_at(set, 0)->grants.count, 2);
    policy_arena_clear(&arena);
    policy_set_unref(set);
}

static void test_nothing_changes(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(text);
    struct policy_arena arena = {0};
    struct policy_rule rule = *policy_rule_at(set, 0);
    struct policy_rule nothing = *policy_rule_at(set, 2);
    nothing.hold = NULL;
    assert_true(policy_rule_lay(&arena, &rule, &nothing));
    assert_memory_equal(&rule, policy_rule_at(set, 0), sizeof rule);
    policy_arena_clear(&arena);
    policy_set_unref(set);
}

static void test_defaults(void **state)
{
    (void)state;
    struct policy_set *set = policy_case_set(text);
    struct policy_arena arena = {0};
    struct policy_decision decision = {.rule = 0};
    struct policy_rule rule;
    assert_int_equal(policy_rule_at(set, 0)->others, SCHEMA_UNSET);
    assert_true(policy_rule_effective(&arena, set, &decision, &rule));
    assert_int_equal(rule.others, POLICY_OTHERS_REMOVE);
    assert_int_equal(rule.access_when, POLICY_ACCESS_SEVERAL);
    assert_int_equal(rule.client.bootstrap_instance, 3);
    assert_int_equal(rule.client.discover, 1);
    decision.rule = 1;
    assert_true(policy_rule_effective(&arena, set, &decision, &rule));
    assert_int_equal(rule.others, POLICY_OTHERS_KEEP);
    assert_int_equal(rule.client.bootstrap_instance, 0);
    policy_arena_clear(&arena);
    policy_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lay),
        cmocka_unit_test(test_nothing_changes),
        cmocka_unit_test(test_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
