#include "pki/store_claim.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pki_claim {
    struct pki_claim *next;
    dev_t device;
    ino_t inode;
    pid_t process;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct pki_claim *claims;

static bool is_claimed(const struct pki_claim *wanted)
{
    for (const struct pki_claim *claim = claims; claim != NULL; claim = claim->next) {
        if (claim->device == wanted->device && claim->inode == wanted->inode &&
            claim->process == wanted->process) {
            return true;
        }
    }
    return false;
}

static bool enter(struct pki_claim *claim)
{
    pthread_mutex_lock(&lock);
    bool is_free = !is_claimed(claim);

    if (is_free) {
        claim->next = claims;
        claims = claim;
    }
    pthread_mutex_unlock(&lock);
    return is_free;
}

enum pki_error pki_claim_new(const char *folder, struct pki_claim **claim, struct pki_fault *fault)
{
    struct stat status;
    struct pki_claim *fresh;

    if (stat(folder, &status) != 0) {
        return pki_fault_set(fault, pki_error_from_errno(errno), "%s: %s", folder, strerror(errno));
    }
    fresh = calloc(1, sizeof(*fresh));
    if (fresh == NULL) {
        return pki_fault_set(fault, PKI_ENOMEM, "%s", pki_error_text(PKI_ENOMEM));
    }
    fresh->device = status.st_dev;
    fresh->inode = status.st_ino;
    fresh->process = getpid();
    if (!enter(fresh)) {
        free(fresh);
        return pki_fault_set(fault, PKI_ELIMIT, "%s: this process has it open already", folder);
    }
    *claim = fresh;
    return PKI_OK;
}

void pki_claim_free(struct pki_claim *claim)
{
    if (claim == NULL) {
        return;
    }
    pthread_mutex_lock(&lock);
    for (struct pki_claim **at = &claims; *at != NULL; at = &(*at)->next) {
        if (*at == claim) {
            *at = claim->next;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    free(claim);
}
