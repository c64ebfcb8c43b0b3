/*
 * The objects that a bootstrap server writes or meets first, as the OMA registry defines them
 * (lwm2m-objects.md; a test compares each row with the registry's files).
 *
 * Device (3) carries the ranges of its newest version. Ranges that the registry does not state are
 * not invented here.
 */
#include "bootstrap/lwm2m/object.h"

#define R  LWM2M_OP_READ
#define E  LWM2M_OP_EXECUTE
#define RW (LWM2M_OP_READ | LWM2M_OP_WRITE)

#define V(major, minor)  .since = LWM2M_VERSION(major, minor)
#define RANGE(low, high) .has_range = true, .min = (low), .max = (high)
#define MANDATORY        .is_mandatory = true
#define MULTIPLE         .is_multiple = true
#define SECRET           .is_secret = true
#define UNITS(word)      .units = (word)

/* clang-format off: one row a resource. */
static const struct lwm2m_resource security_resources[] = {
    {0, "LWM2M Server URI", LWM2M_STRING, .operations = 0, MANDATORY, RANGE(0, 255), V(1, 0)},
    {1, "Bootstrap-Server", LWM2M_BOOLEAN, .operations = 0, MANDATORY, V(1, 0)},
    {2, "Security Mode", LWM2M_INTEGER, .operations = 0, MANDATORY, RANGE(0, 4), V(1, 0)},
    {3, "Public Key or Identity", LWM2M_OPAQUE, .operations = 0, MANDATORY, V(1, 0)},
    {4, "Server Public Key", LWM2M_OPAQUE, .operations = 0, MANDATORY, V(1, 0)},
    {5, "Secret Key", LWM2M_OPAQUE, .operations = 0, MANDATORY, SECRET, V(1, 0)},
    {6, "SMS Security Mode", LWM2M_INTEGER, .operations = 0, RANGE(0, 255), V(1, 0)},
    {7, "SMS Binding Key Parameters", LWM2M_OPAQUE, .operations = 0, RANGE(6, 6), V(1, 0)},
    {8, "SMS Binding Secret Key(s)", LWM2M_OPAQUE, .operations = 0, SECRET, RANGE(16, 48),
     .step = 16, V(1, 0)},
    {9, "LwM2M Server SMS Number", LWM2M_STRING, .operations = 0, V(1, 0)},
    {10, "Short Server ID", LWM2M_INTEGER, .operations = 0, RANGE(1, 65534), V(1, 0)},
    {11, "Client Hold Off Time", LWM2M_INTEGER, .operations = 0, UNITS("s"), V(1, 0)},
    {12, "Bootstrap-Server Account Timeout", LWM2M_INTEGER, .operations = 0, UNITS("s"), V(1, 0)},
    {13, "Matching Type", LWM2M_UNSIGNED, .operations = 0, RANGE(0, 3), V(1, 1)},
    {14, "SNI", LWM2M_STRING, .operations = 0, V(1, 1)},
    {15, "Certificate Usage", LWM2M_UNSIGNED, .operations = 0, RANGE(0, 3), V(1, 1)},
    {16, "DTLS/TLS Ciphersuite", LWM2M_UNSIGNED, .operations = 0, MULTIPLE, V(1, 1)},
    {17, "OSCORE Security Mode", LWM2M_OBJLNK, .operations = 0, V(1, 1)},
    {18, "Groups To Use by Client", LWM2M_UNSIGNED, .operations = 0, MULTIPLE, RANGE(0, 65535),
     V(1, 2)},
    {19, "Signature Algorithms Supported by Server", LWM2M_UNSIGNED, .operations = 0, MULTIPLE,
     RANGE(0, 65535), V(1, 2)},
    {20, "Signature Algorithms To Use by Client", LWM2M_UNSIGNED, .operations = 0, MULTIPLE,
     RANGE(0, 65535), V(1, 2)},
    {21, "Signature Algorithm Certs Supported by Server", LWM2M_UNSIGNED, .operations = 0, MULTIPLE,
     RANGE(0, 65535), V(1, 2)},
    {22, "TLS 1.3 Features To Use by Client", LWM2M_UNSIGNED, .operations = 0, RANGE(0, 65535),
     V(1, 2)},
    {23, "TLS Extensions Supported by Server", LWM2M_UNSIGNED, .operations = 0, RANGE(0, 65535),
     V(1, 2)},
    {24, "TLS Extensions To Use by Client", LWM2M_UNSIGNED, .operations = 0, RANGE(0, 65535),
     V(1, 2)},
    {25, "Secondary LwM2M Server URI", LWM2M_STRING, .operations = 0, MULTIPLE, RANGE(0, 255),
     V(1, 2)},
    {26, "MQTT Server", LWM2M_OBJLNK, .operations = 0, V(1, 2)},
    {27, "LwM2M COSE Security", LWM2M_OBJLNK, .operations = 0, MULTIPLE, V(1, 2)},
    {28, "RDS Destination Port", LWM2M_INTEGER, .operations = 0, RANGE(0, 15), V(1, 2)},
    {29, "RDS Source Port", LWM2M_INTEGER, .operations = 0, RANGE(0, 15), V(1, 2)},
    {30, "RDS Application ID", LWM2M_STRING, .operations = 0, V(1, 2)},
};
/* clang-format on */

/* clang-format off: one row a resource. */
static const struct lwm2m_resource server_resources[] = {
    {0, "Short Server ID", LWM2M_INTEGER, .operations = R, MANDATORY, RANGE(1, 65534), V(1, 0)},
    {1, "Lifetime", LWM2M_INTEGER, .operations = RW, MANDATORY, UNITS("s"), V(1, 0)},
    {2, "Default Minimum Period", LWM2M_INTEGER, .operations = RW, UNITS("s"), V(1, 0)},
    {3, "Default Maximum Period", LWM2M_INTEGER, .operations = RW, UNITS("s"), V(1, 0)},
    {4, "Disable", LWM2M_NONE, .operations = E, V(1, 0)},
    {5, "Disable Timeout", LWM2M_INTEGER, .operations = RW, UNITS("s"), V(1, 0)},
    {6, "Notification Storing When Disabled or Offline", LWM2M_BOOLEAN, .operations = RW, MANDATORY,
     V(1, 0)},
    {7, "Binding", LWM2M_STRING, .operations = RW, MANDATORY, V(1, 0)},
    {8, "Registration Update Trigger", LWM2M_NONE, .operations = E, MANDATORY, V(1, 0)},
    {9, "Bootstrap-Request Trigger", LWM2M_NONE, .operations = E, V(1, 1)},
    {10, "APN Link", LWM2M_OBJLNK, .operations = RW, V(1, 1)},
    {11, "TLS-DTLS Alert Code", LWM2M_UNSIGNED, .operations = R, RANGE(0, 255), V(1, 1)},
    {12, "Last Bootstrapped", LWM2M_TIME, .operations = R, V(1, 1)},
    {13, "Registration Priority Order", LWM2M_UNSIGNED, .operations = R, V(1, 1)},
    {14, "Initial Registration Delay Timer", LWM2M_UNSIGNED, .operations = RW, UNITS("s"), V(1, 1)},
    {15, "Registration Failure Block", LWM2M_BOOLEAN, .operations = R, V(1, 1)},
    {16, "Bootstrap on Registration Failure", LWM2M_BOOLEAN, .operations = R, V(1, 1)},
    {17, "Communication Retry Count", LWM2M_UNSIGNED, .operations = RW, V(1, 1)},
    {18, "Communication Retry Timer", LWM2M_UNSIGNED, .operations = RW, UNITS("s"), V(1, 1)},
    {19, "Communication Sequence Delay Timer", LWM2M_UNSIGNED, .operations = RW, UNITS("s"),
     V(1, 1)},
    {20, "Communication Sequence Retry Count", LWM2M_UNSIGNED, .operations = RW, V(1, 1)},
    {21, "Trigger", LWM2M_BOOLEAN, .operations = RW, V(1, 1)},
    {22, "Preferred Transport", LWM2M_STRING, .operations = RW, V(1, 1)},
    {23, "Mute Send", LWM2M_BOOLEAN, .operations = RW, V(1, 1)},
    {24, "Alternate APN Links", LWM2M_OBJLNK, .operations = RW, MULTIPLE, V(1, 2)},
    {25, "Supported Server Versions", LWM2M_STRING, .operations = RW, MULTIPLE, V(1, 2)},
    {26, "Default Notification Mode", LWM2M_INTEGER, .operations = RW, RANGE(0, 1), V(1, 2)},
    {27, "Profile ID Hash Algorithm", LWM2M_UNSIGNED, .operations = RW, RANGE(0, 255), V(1, 2)},
};
/* clang-format on */

/* clang-format off: one row a resource. */
static const struct lwm2m_resource access_control_resources[] = {
    {0, "Object ID", LWM2M_INTEGER, .operations = R, MANDATORY, RANGE(1, 65534), V(1, 0)},
    {1, "Object Instance ID", LWM2M_INTEGER, .operations = R, MANDATORY, RANGE(0, 65535), V(1, 0)},
    {2, "ACL", LWM2M_INTEGER, .operations = RW, MULTIPLE, RANGE(0, 31), V(1, 0)},
    {3, "Access Control Owner", LWM2M_INTEGER, .operations = RW, MANDATORY, RANGE(0, 65535),
     V(1, 0)},
};
/* clang-format on */

/* clang-format off: one row a resource. */
static const struct lwm2m_resource device_resources[] = {
    {0, "Manufacturer", LWM2M_STRING, .operations = R, V(1, 0)},
    {1, "Model Number", LWM2M_STRING, .operations = R, V(1, 0)},
    {2, "Serial Number", LWM2M_STRING, .operations = R, V(1, 0)},
    {3, "Firmware Version", LWM2M_STRING, .operations = R, V(1, 0)},
    {4, "Reboot", LWM2M_NONE, .operations = E, MANDATORY, V(1, 0)},
    {5, "Factory Reset", LWM2M_NONE, .operations = E, V(1, 0)},
    {6, "Available Power Sources", LWM2M_INTEGER, .operations = R, MULTIPLE, RANGE(0, 7), V(1, 0)},
    {7, "Power Source Voltage", LWM2M_INTEGER, .operations = R, MULTIPLE, V(1, 0)},
    {8, "Power Source Current", LWM2M_INTEGER, .operations = R, MULTIPLE, V(1, 0)},
    {9, "Battery Level", LWM2M_INTEGER, .operations = R, RANGE(0, 100), UNITS("/100"), V(1, 0)},
    {10, "Memory Free", LWM2M_INTEGER, .operations = R, V(1, 0)},
    {11, "Error Code", LWM2M_INTEGER, .operations = R, MULTIPLE, MANDATORY, RANGE(0, 32), V(1, 0)},
    {12, "Reset Error Code", LWM2M_NONE, .operations = E, V(1, 0)},
    {13, "Current Time", LWM2M_TIME, .operations = RW, V(1, 0)},
    {14, "UTC Offset", LWM2M_STRING, .operations = RW, V(1, 0)},
    {15, "Timezone", LWM2M_STRING, .operations = RW, V(1, 0)},
    {16, "Supported Binding and Modes", LWM2M_STRING, .operations = R, MANDATORY, V(1, 0)},
    {17, "Device Type", LWM2M_STRING, .operations = R, V(1, 0)},
    {18, "Hardware Version", LWM2M_STRING, .operations = R, V(1, 0)},
    {19, "Software Version", LWM2M_STRING, .operations = R, V(1, 0)},
    {20, "Battery Status", LWM2M_INTEGER, .operations = R, RANGE(0, 6), V(1, 0)},
    {21, "Memory Total", LWM2M_INTEGER, .operations = R, V(1, 0)},
    {22, "ExtDevInfo", LWM2M_OBJLNK, .operations = R, MULTIPLE, V(1, 0)},
};
/* clang-format on */

/* clang-format off: one row a resource. */
static const struct lwm2m_resource oscore_resources[] = {
    {0, "OSCORE Master Secret", LWM2M_OPAQUE, .operations = 0, MANDATORY, SECRET,
     .was_string = true, V(1, 0)},
    {1, "OSCORE Sender ID", LWM2M_OPAQUE, .operations = 0, MANDATORY, .was_string = true, V(1, 0)},
    {2, "OSCORE Recipient ID", LWM2M_OPAQUE, .operations = 0, MANDATORY, .was_string = true,
     V(1, 0)},
    {3, "OSCORE AEAD Algorithm", LWM2M_INTEGER, .operations = 0, V(1, 0)},
    {4, "OSCORE HMAC Algorithm", LWM2M_INTEGER, .operations = 0, V(1, 0)},
    {5, "OSCORE Master Salt", LWM2M_OPAQUE, .operations = 0, SECRET, .was_string = true, V(1, 0)},
    {6, "OSCORE ID Context", LWM2M_OPAQUE, .operations = 0, .was_string = true, V(1, 1)},
};
/* clang-format on */

static const struct lwm2m_object security = {
    .id = 0,
    .name = "LWM2M Security",
    .is_multiple = true,
    .is_mandatory = true,
    .newest = LWM2M_VERSION(1, 2),
    .resources = security_resources,
    .resource_count = sizeof security_resources / sizeof security_resources[0],
};

static const struct lwm2m_object server = {
    .id = 1,
    .name = "LwM2M Server",
    .is_multiple = true,
    .is_mandatory = true,
    .newest = LWM2M_VERSION(1, 2),
    .resources = server_resources,
    .resource_count = sizeof server_resources / sizeof server_resources[0],
};

static const struct lwm2m_object access_control = {
    .id = 2,
    .name = "LwM2M Access Control",
    .is_multiple = true,
    .is_mandatory = false,
    .newest = LWM2M_VERSION(1, 1),
    .resources = access_control_resources,
    .resource_count = sizeof access_control_resources / sizeof access_control_resources[0],
};

static const struct lwm2m_object device = {
    .id = 3,
    .name = "Device",
    .is_multiple = false,
    .is_mandatory = true,
    .newest = LWM2M_VERSION(1, 3),
    .resources = device_resources,
    .resource_count = sizeof device_resources / sizeof device_resources[0],
};

static const struct lwm2m_object oscore = {
    .id = 21,
    .name = "LWM2M OSCORE",
    .is_multiple = true,
    .is_mandatory = false,
    .newest = LWM2M_VERSION(2, 0),
    .resources = oscore_resources,
    .resource_count = sizeof oscore_resources / sizeof oscore_resources[0],
};

static const struct lwm2m_object *const objects[] = {
    &security, &server, &access_control, &device, &oscore,
};

static const struct lwm2m_registry registry = {
    .objects = objects,
    .object_count = sizeof objects / sizeof objects[0],
};

const struct lwm2m_registry *lwm2m_registry_builtin(void)
{
    return &registry;
}
