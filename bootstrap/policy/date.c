#include "bootstrap/policy/date.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DAY_SECONDS = 86400 };

/* Days from 1970-01-01 to the day, in the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = y / 400;
    int64_t of_era = y % 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void day_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t z = days + 719468;
    int64_t of_era = z % 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + z / 146097 * 400 + (*month <= 2);
}

/* TEXT against SHAPE, where 0 stands for a digit; the numbers between other octets go to OUT. */
static bool take(const char *text, size_t len, const char *shape, int64_t *out)
{
    if (len != strlen(shape)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] != '0') {
            if (text[i] != shape[i]) {
                return false;
            }
            continue;
        }
        if (!is_digit) {
            return false;
        }
        if (i == 0 || shape[i - 1] != '0') {
            *out++ = 0;
        }
        out[-1] = out[-1] * 10 + (text[i] - '0');
    }
    return true;
}

/* "Z", "+01:00"; in seconds east of UTC. */
static bool take_offset(const char *text, size_t len, int64_t *out)
{
    int64_t part[2] = {0, 0};
    *out = 0;
    if (len == 1 && (*text == 'Z' || *text == 'z')) {
        return true;
    }
    if (len != 6 || (*text != '+' && *text != '-') || !take(text + 1, 5, "00:00", part) ||
        part[0] > 23 || part[1] > 59) {
        return false;
    }
    *out = (*text == '-' ? -1 : 1) * (part[0] * 3600 + part[1] * 60);
    return true;
}

static bool is_day(const int64_t *date)
{
    static const int64_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (date[0] % 4 == 0 && date[0] % 100 != 0) || date[0] % 400 == 0;
    return date[0] >= 1970 && date[1] >= 1 && date[1] <= 12 && date[2] >= 1 &&
           date[2] <= lengths[date[1] - 1] + (date[1] == 2 && is_leap);
}

const char *policy_date_parse(const char *text, size_t len, int64_t *out)
{
    enum { DATE = sizeof "0000-00-00" - 1, TIME = sizeof "00:00:00" - 1 };
    int64_t date[3] = {0, 0, 0};
    int64_t time[3] = {0, 0, 0};
    int64_t offset = 0;
    bool is_good = len >= DATE && take(text, DATE, "0000-00-00", date) && is_day(date);
    if (is_good && len > DATE) {
        const char *at = text + DATE + 1;
        is_good = len > DATE + 1 + TIME && (at[-1] == 'T' || at[-1] == 't') &&
                  take(at, TIME, "00:00:00", time) &&
                  take_offset(at + TIME, len - DATE - 1 - TIME, &offset);
        is_good = is_good && time[0] < 24 && time[1] < 60 && time[2] < 60;
    }
    int64_t seconds = days_of(date[0], date[1], date[2]) * DAY_SECONDS + time[0] * 3600 +
                      time[1] * 60 + time[2] - offset;
    if (!is_good || seconds < 0) {
        return "must be a date from 1970 on, such as 2026-12-01 or 2026-12-01T06:00:00Z";
    }
    *out = seconds;
    return NULL;
}

const char *policy_date_text(int64_t value, char *out, size_t capacity)
{
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    int64_t second = value % DAY_SECONDS;
    day_of(value / DAY_SECONDS, &year, &month, &day);
    int used = snprintf(out, capacity, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month, day);
    if (second != 0 && used > 0 && (size_t)used < capacity) {
        snprintf(out + used, capacity - (size_t)used, "T%02" PRId64 ":%02" PRId64 ":%02" PRId64 "Z",
                 second / 3600, second / 60 % 60, second % 60);
    }
    return out;
}
