#include "bootstrap/server/limits.h"

#include <sys/resource.h>

uint32_t bs_limits_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    struct rlimit most = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &most) == 0)
        limit = most;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > UINT32_MAX)
        return 0;
    uint32_t number = (uint32_t)limit.rlim_cur;
    return number > 2 * BS_DESCRIPTORS_KEPT ? number - BS_DESCRIPTORS_KEPT : number / 2 + 1;
}
