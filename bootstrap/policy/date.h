/*
 * Dates and times of day as files write them (RFC 3339), in seconds since 1970-01-01 UTC. Pure.
 */
#ifndef POLICY_DATE_H
#define POLICY_DATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * LEN octets of TEXT: "2026-12-01" (the begin of that day in UTC) or "2026-12-01T06:30:00Z", also
 * with an offset such as +01:00; years 1970 to 9999. NULL when it is one, else what is wrong, as
 * the end of a sentence.
 */
const char *policy_date_parse(const char *text, size_t len, int64_t *out);
/* VALUE as a file would write it, into OUT (21 octets suffice up to 9999); returns OUT. */
const char *policy_date_text(int64_t value, char *out, size_t capacity);

#endif
