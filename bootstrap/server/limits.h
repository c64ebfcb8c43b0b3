/*
 * What the system allows the daemon.
 */
#ifndef BS_LIMITS_H
#define BS_LIMITS_H

#include <stdint.h>

/* For reloads, the control socket and the store, however many connections there are. */
#define BS_DESCRIPTORS_KEPT 64

/* Takes as many descriptors as the system lets the process have; the number from which on none is
 * a connection's. 0 = there is no limit. */
uint32_t bs_limits_descriptors(void);

#endif
