/*
 * CoRE link format for Bootstrap-Discover (RFC 6690; lwm2m-encodings.md section 9): parse and
 * build.
 *
 * Liberal in what it takes (clients.md): values quoted or not, blanks, trailing slashes, `lwm2m` as
 * an item of its own, unknown attributes and unknown links. Bounded; O(n log n). Pure.
 */
#ifndef LWM2M_LINK_H
#define LWM2M_LINK_H

#include "bootstrap/lwm2m/value.h"

#define LWM2M_DISCOVER_MAX 1024 /* entries; more is LWM2M_ELIMIT */
#define LWM2M_URI_MAX      255  /* octets of a server URI; a longer one counts as not shown */

struct lwm2m_entry {
    struct lwm2m_path path; /* depth 1 object or 2 instance (3 tolerated) */
    uint16_t ssid;          /* 0 = none shown; 65535 counts as none too */
    uint16_t version;       /* `ver` on objects, LWM2M_VERSION; 0 = none shown */
    char *uri;              /* UTF-8, NULL = none shown; owned by the discover */
};

/* How an answer is written: what tells clients apart (clients.md). Bits. */
enum lwm2m_discover_form {
    LWM2M_FORM_ROOT = 1,             /* `</>` is there, with `lwm2m` as its attribute */
    LWM2M_FORM_BARE_VERSION = 2,     /* `lwm2m` as an item of its own, the 1.0 form */
    LWM2M_FORM_QUOTED_VERSION = 4,   /* `lwm2m="1.0"` */
    LWM2M_FORM_URI = 8,              /* an instance of /0 with `uri` */
    LWM2M_FORM_BOOTSTRAP_URI = 16,   /* the /0 instance without `ssid` has `uri` */
    LWM2M_FORM_INSTANCED_OBJECT = 32 /* an object link beside links of its instances */
};

/* What a client showed. Zero-initialise; entries ascend by path, each path once. */
struct lwm2m_discover {
    uint16_t version; /* `lwm2m` attribute, LWM2M_VERSION; 0 = not shown */
    unsigned form;    /* enum lwm2m_discover_form; what build writes is its own affair */
    struct lwm2m_entry *entries;
    size_t count;
};

/*
 * Parses TEXT. OUT is cleared first, and left empty on error. An empty text is a valid empty list.
 * A link that is no LwM2M path is passed over; of a path shown twice the attributes are put
 * together. An `ssid`, `ver` or `uri` that is none counts as not shown: the instance then looks
 * like a Bootstrap-Server Account, of which there may so be several, all to be spared; a plan
 * without any answer could write over the one there is. LWM2M_EFORMAT: no link format.
 * LWM2M_ELIMIT, LWM2M_ENOMEM.
 */
enum lwm2m_error lwm2m_discover_parse(const char *text, size_t len, struct lwm2m_discover *out)
    MUST_USE;
void lwm2m_discover_clear(struct lwm2m_discover *discover);
/* The bits of enum lwm2m_discover_form that the entries alone tell: none of `lwm2m`. */
unsigned lwm2m_discover_form_of(const struct lwm2m_discover *discover);
/*
 * Puts what MORE shows (the answer of one object) into DISCOVER and leaves MORE empty; of a path in
 * both, MORE counts. LWM2M_ELIMIT, LWM2M_ENOMEM: both are unchanged.
 */
enum lwm2m_error lwm2m_discover_merge(struct lwm2m_discover *discover, struct lwm2m_discover *more)
    MUST_USE;
/*
 * Parses the `acc` of a Bootstrap-Pack-Request (lwm2m-bootstrap.md 3.7): the instances that belong
 * to the client's bootstrap account, `</0/2>,</21/0>`, into OUT, ascending, each once. A link that
 * is no instance is passed over. LWM2M_EFORMAT, LWM2M_ENOMEM; LWM2M_ELIMIT: more than CAPACITY, or
 * than LWM2M_DISCOVER_MAX links. *COUNT is 0 on failure.
 */
enum lwm2m_error lwm2m_account_parse(const char *text, size_t len, struct lwm2m_path *out,
                                     size_t capacity, size_t *count) MUST_USE;
/*
 * Builds the answer that a client of VERSION gives: `</>;lwm2m=1.1,..` or for 1.0
 * `lwm2m="1.0",..`; without a version, entries only. Writes at most CAPACITY octets, no NUL.
 * LWM2M_ESPACE: *LEN is what it would have taken.
 */
enum lwm2m_error lwm2m_discover_build(const struct lwm2m_discover *discover, char *out,
                                      size_t capacity, size_t *len) MUST_USE;
/* The entry with exactly PATH, or NULL. O(log n). */
const struct lwm2m_entry *lwm2m_discover_find(const struct lwm2m_discover *discover,
                                              struct lwm2m_path path);
/* The first /0 instance without ssid: the Bootstrap-Server Account; -1 when none is shown. */
int32_t lwm2m_discover_bootstrap_instance(const struct lwm2m_discover *discover);
/*
 * The smallest instance of OBJECT that is not shown and for which TAKEN (may be NULL) says false;
 * LWM2M_ID_NONE when there is none.
 */
uint16_t lwm2m_discover_free_instance(const struct lwm2m_discover *discover, uint16_t object,
                                      bool (*taken)(void *context, uint16_t instance),
                                      void *context);

#endif
