#include "pki/record_codec.h"

#include "pki/wire.h"

#include <string.h>

#define MEMORY_VERSION  1
#define ROLLOUT_VERSION 1

/* ---- what bootstraps have taught ---- */

static bool has_sound_counts(const struct pki_memory *memory)
{
    return memory->format_count <= PKI_FORMATS_MAX && memory->refused_count <= PKI_FORMATS_MAX &&
           memory->object_count <= PKI_OBJECTS_MAX && memory->print_count <= PKI_PRINTS_MAX &&
           memory->rollout_count <= PKI_ROLLOUTS_MAX;
}

static void put_numbers(struct pki_wire_out *out, const uint16_t *numbers, size_t count)
{
    pki_wire_put_u8(out, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        pki_wire_put_u16(out, numbers[i]);
    }
}

static void put_print(struct pki_wire_out *out, const struct pki_print *print)
{
    pki_wire_put_u16(out, print->object);
    pki_wire_put_u16(out, print->instance);
    pki_wire_put_u16(out, print->ssid);
    pki_wire_put_raw(out, print->content, sizeof(print->content));
    pki_wire_put_raw(out, print->shape, sizeof(print->shape));
}

enum pki_error pki_memory_encode(const struct pki_memory *memory, uint8_t *data, size_t cap,
                                 size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    if (!has_sound_counts(memory)) {
        *len = 0;
        return PKI_EINVAL;
    }
    pki_wire_put_u8(&out, MEMORY_VERSION);
    pki_wire_put_i64(&out, memory->learnt_at);
    pki_wire_put_u16(&out, memory->version);
    put_numbers(&out, memory->formats, memory->format_count);
    put_numbers(&out, memory->refused, memory->refused_count);
    pki_wire_put_text(&out, memory->kind, sizeof(memory->kind));
    pki_wire_put_u8(&out, memory->asked_pack ? 1 : 0);
    put_numbers(&out, memory->objects, memory->object_count);
    pki_wire_put_u8(&out, (uint8_t)memory->print_count);
    for (size_t i = 0; i < memory->print_count; i++) {
        put_print(&out, &memory->prints[i]);
    }
    pki_wire_put_u8(&out, (uint8_t)memory->rollout_count);
    for (size_t i = 0; i < memory->rollout_count; i++) {
        pki_wire_put_text(&out, memory->rollouts[i], sizeof(memory->rollouts[i]));
    }
    return pki_wire_out_end(&out, len);
}

static size_t take_numbers(struct pki_wire_in *in, uint16_t *numbers, size_t max)
{
    size_t count = pki_wire_enum(in, (uint8_t)(max + 1));

    for (size_t i = 0; i < count; i++) {
        numbers[i] = pki_wire_u16(in);
    }
    return count;
}

static void take_print(struct pki_wire_in *in, struct pki_print *print)
{
    print->object = pki_wire_u16(in);
    print->instance = pki_wire_u16(in);
    print->ssid = pki_wire_u16(in);
    pki_wire_raw(in, print->content, sizeof(print->content));
    pki_wire_raw(in, print->shape, sizeof(print->shape));
}

static bool are_ascending(const uint16_t *numbers, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (numbers[i - 1] >= numbers[i]) {
            return false;
        }
    }
    return true;
}

enum pki_error pki_memory_decode(const uint8_t *data, size_t len, struct pki_memory *memory)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(memory, 0, sizeof(*memory));
    pki_wire_version(&in, MEMORY_VERSION);
    memory->learnt_at = pki_wire_i64(&in);
    memory->version = pki_wire_u16(&in);
    memory->format_count = take_numbers(&in, memory->formats, PKI_FORMATS_MAX);
    memory->refused_count = take_numbers(&in, memory->refused, PKI_FORMATS_MAX);
    pki_wire_text(&in, memory->kind, sizeof(memory->kind));
    memory->asked_pack = pki_wire_enum(&in, 2) == 1;
    memory->object_count = take_numbers(&in, memory->objects, PKI_OBJECTS_MAX);
    pki_wire_refuse_unless(&in, are_ascending(memory->objects, memory->object_count));
    memory->print_count = pki_wire_enum(&in, PKI_PRINTS_MAX + 1);
    for (size_t i = 0; i < memory->print_count; i++) {
        take_print(&in, &memory->prints[i]);
    }
    memory->rollout_count = pki_wire_enum(&in, PKI_ROLLOUTS_MAX + 1);
    for (size_t i = 0; i < memory->rollout_count; i++) {
        pki_wire_text(&in, memory->rollouts[i], sizeof(memory->rollouts[i]));
    }
    return pki_wire_in_finish(&in, memory, sizeof(*memory));
}

/* ---- campaigns ---- */

enum pki_error pki_rollout_encode(const struct pki_rollout *rollout, uint8_t *data, size_t cap,
                                  size_t *len)
{
    struct pki_wire_out out = pki_wire_out_init(data, cap);

    pki_wire_put_u8(&out, ROLLOUT_VERSION);
    pki_wire_put_u8(&out, (uint8_t)rollout->state);
    pki_wire_put_u32(&out, rollout->share_ppm);
    pki_wire_put_i64(&out, rollout->started_at);
    pki_wire_put_i64(&out, rollout->changed_at);
    pki_wire_put_text(&out, rollout->reason, sizeof(rollout->reason));
    pki_wire_put_u32(&out, rollout->pause_ppm);
    pki_wire_put_u32(&out, rollout->pause_of);
    pki_wire_put_u64(&out, rollout->devices);
    pki_wire_put_u64(&out, rollout->finished);
    pki_wire_put_u64(&out, rollout->failed);
    pki_wire_put_u32(&out, rollout->window_count);
    pki_wire_put_u32(&out, rollout->window_next);
    pki_wire_put_raw(&out, rollout->window, sizeof(rollout->window));
    pki_wire_put_u8(&out, (uint8_t)rollout->failing_count);
    for (uint32_t i = 0; i < rollout->failing_count && i < PKI_ROLLOUT_FAILING_MAX; i++) {
        pki_wire_put_u64(&out, rollout->failing_id[i]);
        pki_wire_put_u16(&out, rollout->failing_at[i]);
    }
    return pki_wire_out_end(&out, len);
}

enum pki_error pki_rollout_decode(const uint8_t *data, size_t len, struct pki_rollout *rollout)
{
    struct pki_wire_in in = pki_wire_in_init(data, len);

    memset(rollout, 0, sizeof(*rollout));
    pki_wire_version(&in, ROLLOUT_VERSION);
    rollout->state = (enum pki_rollout_state)pki_wire_enum(&in, PKI_ROLLOUT_ABORTED + 1);
    rollout->share_ppm = pki_wire_u32(&in);
    rollout->started_at = pki_wire_i64(&in);
    rollout->changed_at = pki_wire_i64(&in);
    pki_wire_text(&in, rollout->reason, sizeof(rollout->reason));
    rollout->pause_ppm = pki_wire_u32(&in);
    rollout->pause_of = pki_wire_u32(&in);
    rollout->devices = pki_wire_u64(&in);
    rollout->finished = pki_wire_u64(&in);
    rollout->failed = pki_wire_u64(&in);
    rollout->window_count = pki_wire_u32(&in);
    rollout->window_next = pki_wire_u32(&in);
    pki_wire_raw(&in, rollout->window, sizeof(rollout->window));
    rollout->failing_count = pki_wire_enum(&in, PKI_ROLLOUT_FAILING_MAX + 1);
    for (uint32_t i = 0; i < rollout->failing_count; i++) {
        rollout->failing_id[i] = pki_wire_u64(&in);
        rollout->failing_at[i] = pki_wire_u16(&in);
    }
    pki_wire_refuse_unless(&in, pki_rollout_has_sound_numbers(rollout));
    return pki_wire_in_finish(&in, rollout, sizeof(*rollout));
}
