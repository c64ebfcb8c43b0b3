#include "bootstrap/policy/build.h"

#include <string.h>

/* ---- prints of the desired state ---- */

/* lwm2m-encodings.md section 3: a header has at most 6 octets, a number 8; a leaf may lie in a
 * resource of its own. */
enum { TLV_FRAME_OCTETS = 6, TLV_LEAF_OCTETS = 6 + 6 + 8 };

/* Content: TLV, which carries every type; the same leaves always give the same octets. */
static bool print_content(struct policy_build *build, struct policy_wanted *wanted)
{
    const struct lwm2m_leaf *leaves = wanted->leaves.items;
    size_t size = TLV_FRAME_OCTETS;
    size_t len = 0;
    for (size_t i = 0; i < wanted->leaves.count; i++) {
        bool has_bytes = lwm2m_type_has_bytes(leaves[i].value.type);
        size += TLV_LEAF_OCTETS + (has_bytes ? leaves[i].value.as.bytes.len : 0);
    }
    uint8_t *body = policy_arena_alloc(&build->arena, size);
    if (body == NULL || lwm2m_encode(LWM2M_FORMAT_TLV, wanted->path, leaves, wanted->leaves.count,
                                     body, size, &len) != LWM2M_OK) {
        return false;
    }
    build->subject->print(build->subject->print_context, body, len, wanted->print.content);
    return true;
}

static bool print_shape(struct policy_build *build, struct policy_wanted *wanted)
{
    const struct lwm2m_leaf *leaves = wanted->leaves.items;
    size_t count = wanted->leaves.count;
    uint8_t *ids = policy_arena_array(&build->arena, count, 5);
    if (ids == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct lwm2m_path *path = &leaves[i].path;
        uint8_t *at = ids + 5 * i;
        at[0] = path->depth;
        at[1] = (uint8_t)(path->id[2] >> 8);
        at[2] = (uint8_t)path->id[2];
        at[3] = (uint8_t)(path->id[3] >> 8);
        at[4] = (uint8_t)path->id[3];
    }
    build->subject->print(build->subject->print_context, ids, 5 * count, wanted->print.shape);
    return true;
}

void policy_print_all(struct policy_build *build)
{
    struct policy_wanted *wanted = build->wanted.items;
    for (size_t i = 0; build->subject->print != NULL && i < build->wanted.count; i++) {
        wanted[i].print.object = wanted[i].path.id[0];
        wanted[i].print.instance = wanted[i].path.id[1];
        wanted[i].print.ssid = wanted[i].ssid;
        wanted[i].has_print = print_content(build, &wanted[i]) && print_shape(build, &wanted[i]);
    }
}

/* ---- against what is remembered ---- */

const struct pki_print *policy_print_remembered(const struct policy_build *build,
                                                const struct policy_wanted *wanted)
{
    const struct pki_memory *memory = build->subject->memory;
    for (size_t i = 0; wanted->has_print && memory != NULL && i < memory->print_count; i++) {
        const struct pki_print *print = &memory->prints[i];
        if (print->object == wanted->path.id[0] && print->instance == wanted->path.id[1] &&
            print->ssid == wanted->ssid) {
            return print;
        }
    }
    return NULL;
}

bool policy_print_same_content(const struct policy_build *build, const struct policy_wanted *wanted)
{
    const struct pki_print *print = policy_print_remembered(build, wanted);
    return print != NULL && memcmp(print->content, wanted->print.content, PKI_PRINT_OCTETS) == 0;
}

bool policy_print_same_shape(const struct policy_build *build, const struct policy_wanted *wanted)
{
    const struct pki_print *print = policy_print_remembered(build, wanted);
    return print != NULL && memcmp(print->shape, wanted->print.shape, PKI_PRINT_OCTETS) == 0;
}
