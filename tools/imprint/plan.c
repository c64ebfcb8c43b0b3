/* imprint policy plan, policy explain: the daemon's own decision and plan, printed, not sent. */
#include "tools/imprint/home.h"
#include "tools/imprint/plan_show.h"
#include "tools/imprint/say.h"
#include "tools/imprint/subject.h"
#include "pki/secret.h"

/* Secrets leave by --show-secrets: the chain says so before they do. */
static enum cli_status record(struct cli_call *call)
{
    struct pki_txn *txn = NULL;
    enum pki_error error = cli_txn_open(call, &txn);
    if (error == PKI_EREADONLY) {
        cli_note("%s is read-only: what is shown leaves no audit record", call->home);
        return CLI_DONE;
    }
    if (error == PKI_OK) {
        pki_txn_audit_note(txn, "policy.plan", call->args[0]);
        error = pki_txn_commit(txn);
    }
    return error == PKI_OK ? CLI_DONE : cli_fail_pki("the audit record", error, NULL);
}

static enum cli_status show(struct cli_call *call, struct policy_set *set,
                            struct cli_subject *subject)
{
    char reason[POLICY_REASON_MAX + 1] = "";
    struct policy_decision decision = {0};
    struct cli_plan_view view = {
        .set = set,
        .subject = &subject->view,
        .decision = &decision,
        .shows_octets = cli_has(call, CLI_OPT_HEX),
        .shows_secrets = cli_has(call, CLI_OPT_SHOW_SECRETS),
    };
    struct policy_plan *plan = NULL;
    policy_decide(set, &subject->view, true, call->now_at, &decision);
    if (decision.verdict == POLICY_APPLY) {
        plan = policy_plan_new(set, &decision, &subject->view, call->now_at, pki_secret_random,
                               NULL, reason);
        if (plan == NULL) {
            return cli_fail("%s: policy %s gives no plan: %s", subject->view.endpoint,
                            decision.policy, reason);
        }
    }
    view.plan = plan;
    enum cli_status status = view.shows_secrets ? record(call) : CLI_DONE;
    if (status == CLI_DONE) {
        status = cli_has(call, CLI_OPT_JSON) ? cli_plan_json(&view) : cli_plan_text(&view);
    }
    policy_plan_free(plan);
    return status;
}

static enum cli_status with_subject(struct cli_call *call,
                                    enum cli_status (*run)(struct cli_call *call,
                                                           struct policy_set *set,
                                                           struct cli_subject *subject))
{
    enum cli_status status = CLI_FAILED;
    struct policy_set *set = cli_home_policy_set(call);
    if (set == NULL) {
        return CLI_FAILED;
    }
    struct cli_subject *subject = cli_subject_new(call, set, &status);
    if (subject != NULL) {
        status = run(call, set, subject);
    }
    cli_subject_free(subject);
    policy_set_unref(set);
    return status;
}

enum cli_status cli_policy_plan(struct cli_call *call)
{
    if (cli_has(call, CLI_OPT_SHOW_SECRETS) && !cli_has(call, CLI_OPT_HEX)) {
        return cli_usage("--show-secrets is for --hex");
    }
    return with_subject(call, show);
}

enum cli_status cli_policy_explain(struct cli_call *call)
{
    return with_subject(call, cli_explain_show);
}
