#include "inferway/http/date.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace inferway::http {

namespace {

constexpr std::array<char const*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<char const*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string format_date(std::chrono::system_clock::time_point time) {
  auto const day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day const date(day);
  std::chrono::hh_mm_ss const clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  // Not strftime: its names depend on the locale.
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::optional<std::chrono::sys_seconds> parse_date(std::string_view text) {
  // "Sun, 06 Nov 1994 08:49:37 GMT": every character has its place.
  constexpr std::string_view kForm = "aaa, 00 aaa 0000 00:00:00 GMT";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    bool const digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !digit : kForm[i] != 'a' && text[i] != kForm[i]) return std::nullopt;
  }
  auto const number = [&](std::size_t at, std::size_t digits) {
    unsigned value = 0;
    for (char const c : text.substr(at, digits)) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  auto const month = std::ranges::find(kMonths, text.substr(8, 3)) - kMonths.begin();
  std::chrono::year_month_day const date(std::chrono::year(static_cast<int>(number(12, 4))),
                                         std::chrono::month(static_cast<unsigned>(month) + 1),
                                         std::chrono::day(number(5, 2)));
  // 60: a leap second.
  if (!date.ok() || number(17, 2) > 23 || number(20, 2) > 59 || number(23, 2) > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(number(17, 2)) + std::chrono::minutes(number(20, 2)) +
         std::chrono::seconds(number(23, 2));
}

}  // namespace inferway::http
