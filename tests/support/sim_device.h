/*
 * A simulated device for tests: made with one call, written with leaves as text, its state shown as
 * text.
 */
#ifndef IMPRINT_TESTS_SUPPORT_SIM_DEVICE_H
#define IMPRINT_TESTS_SUPPORT_SIM_DEVICE_H

#include "tools/sim/device.h"

/* The leaves of a whole, valid Server Account, instance 1 of /0 and 0 of /1, short server ID 101.
 */
#define TEST_SECURITY                                                                              \
    "/0/1/0 s coaps://a.example; /0/1/1 b 0; /0/1/2 i 0; /0/1/3 o 6d31; /0/1/4 o; "                \
    "/0/1/5 o 00112233445566778899aabbccddeeff; /0/1/10 i 101"
#define TEST_SERVER "/1/0/0 i 101; /1/0/1 i 86400; /1/0/6 b 1; /1/0/7 s U"

/* PSK account coaps://bs.example at /0/INSTANCE. Asserts success. */
struct sim_device *test_device(uint16_t version, uint16_t instance);
/* The same with BEHAVIOURS (sim_profile_apply) and FURTHER, an object that it knows too (0: none).
 */
struct sim_device *test_device_with(const char *behaviours, uint16_t further);
/* Writes LEAVES (as in lwm2m_text.h) to PATH -> code. */
uint8_t test_device_write(struct sim_device *device, const char *path, const char *leaves);
/* Deletes PATH -> code. */
uint8_t test_device_delete(struct sim_device *device, const char *path);
/* What lies under PATH as text; an instance without resources as "/o/i -". In a buffer that the
 * next call overwrites. */
const char *test_device_text(const struct sim_device *device, const char *path);

#endif
