#include "bootstrap/server/pace.h"

bool bs_pace_take(struct bs_pace *pace, uint64_t device_id, uint64_t now_ms)
{
    uint64_t *owner = &pace->rows[device_id % BS_PACE_ROWS].device_id;
    uint64_t *full_ms = &pace->rows[device_id % BS_PACE_ROWS].full_ms;
    if (*owner != device_id || *full_ms < now_ms)
        *full_ms = now_ms;
    *owner = device_id;
    if (*full_ms - now_ms > (uint64_t)(BS_PACE_BURST - 1) * BS_PACE_REFILL_MS)
        return false;
    *full_ms += BS_PACE_REFILL_MS;
    return true;
}
