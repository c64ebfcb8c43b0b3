/*
 * Who knocked and is not known, counted in a small table of the worker's own and handed to the
 * writer once a second: a flood of unknown names costs a bounded number of records.
 */
#ifndef BS_NOTES_H
#define BS_NOTES_H

#include "bootstrap/server/writer.h"
#include "pki/record.h"

#define BS_NOTES_MAX 64

struct bs_notes {
    struct pki_unknown *entries[BS_NOTES_MAX]; /* by hash of the name */
    uint64_t flushed_ms;
    uint64_t dropped; /* knocks that found their place taken by another name */
    size_t count;
};

/* Counts one knock. */
void bs_notes_add(struct bs_notes *notes, enum pki_unknown_kind kind, const uint8_t *name,
                  size_t name_len, const char *peer);
/* Hands the table to WRITER when a second has passed since the last time, or IS_LAST. */
void bs_notes_flush(struct bs_notes *notes, struct bs_writer *writer, uint64_t now_ms,
                    bool is_last);

#endif
