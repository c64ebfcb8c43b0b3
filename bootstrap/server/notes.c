#include "bootstrap/server/notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_MS 1000

static size_t place_of(enum pki_unknown_kind kind, const uint8_t *name, size_t name_len)
{
    uint32_t hash = 2166136261u ^ (uint32_t)kind;
    for (size_t i = 0; i < name_len; i++)
        hash = (hash ^ name[i]) * 16777619u;
    return (hash ^ hash >> 15) % BS_NOTES_MAX;
}

void bs_notes_add(struct bs_notes *notes, enum pki_unknown_kind kind, const uint8_t *name,
                  size_t name_len, const char *peer)
{
    if (name_len > PKI_IDENTITY_MAX)
        name_len = PKI_IDENTITY_MAX;
    struct pki_unknown **entry = &notes->entries[place_of(kind, name, name_len)];
    if (!*entry) {
        *entry = calloc(1, sizeof **entry);
        if (!*entry)
            return;
        (*entry)->kind = kind;
        if (name_len)
            memcpy((*entry)->name, name, name_len);
        (*entry)->name_len = name_len;
        notes->count++;
    } else if ((*entry)->kind != kind || (*entry)->name_len != name_len ||
               memcmp((*entry)->name, name, name_len) != 0) {
        notes->dropped++;
        return;
    }
    (*entry)->count++;
    snprintf((*entry)->peer, sizeof(*entry)->peer, "%s", peer);
}

void bs_notes_flush(struct bs_notes *notes, struct bs_writer *writer, uint64_t now_ms, bool is_last)
{
    if (!notes->count || (!is_last && now_ms - notes->flushed_ms < FLUSH_MS))
        return;
    notes->flushed_ms = now_ms;
    notes->count = 0;
    for (size_t i = 0; i < BS_NOTES_MAX; i++) {
        if (!notes->entries[i])
            continue;
        struct bs_job *job = bs_job_new(BS_JOB_UNKNOWN, 0);
        if (job) {
            job->unknown = *notes->entries[i];
            bs_writer_submit(writer, job);
        }
        free(notes->entries[i]);
        notes->entries[i] = NULL;
    }
}
