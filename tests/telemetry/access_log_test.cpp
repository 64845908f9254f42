#include "access_log.hpp"

#include "scratch_directory.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace inferway::telemetry {
namespace {

config::Log to(std::string destination) {
  return {.level = config::LogLevel::info, .access = std::move(destination), .format = config::LogFormat::json};
}

Names const kNoNames{config::Config{}};

Record numbered(std::uint64_t number) {
  Record record;
  record.status = 200;
  record.bytes_in = number;
  record.path.assign("/a/path/that/makes/the/line/longer");
  return record;
}

void push(AccessLog& log, std::uint64_t first, std::uint64_t count, std::size_t worker = 0) {
  for (std::uint64_t i = first; i < first + count; ++i) {
    while (!log.ring(worker).push(numbered(i))) std::this_thread::yield();
  }
}

void wait_until_handled(AccessLog const& log, std::uint64_t lines) {
  while (log.written() + log.lost() < lines) std::this_thread::yield();
}

std::vector<std::uint64_t> numbers_in(std::string const& path) {
  std::vector<std::uint64_t> numbers;
  for (auto const& line : lines_of(path)) numbers.push_back(nlohmann::json::parse(line).at("bytes_in"));
  return numbers;
}

TEST(AccessLog, writes_every_line_in_order_by_its_end) {
  ScratchDirectory const directory;
  auto const path = directory.file("access.log");
  constexpr std::uint64_t kLines = 10'000;  // more than a ring holds
  {
    AccessLog log(to(path), kNoNames, 1);
    push(log, 0, kLines);
  }
  auto const numbers = numbers_in(path);
  ASSERT_EQ(numbers.size(), kLines);
  for (std::uint64_t i = 0; i < kLines; ++i) ASSERT_EQ(numbers[i], i);
}

TEST(AccessLog, writes_without_being_told) {
  ScratchDirectory const directory;
  AccessLog log(to(directory.file("access.log")), kNoNames, 2);
  push(log, 0, 3, 0);
  push(log, 3, 4, 1);
  wait_until_handled(log, 7);
  EXPECT_EQ(log.written(), 7U);
  EXPECT_EQ(numbers_in(directory.file("access.log")).size(), 7U);
}

TEST(AccessLog, appends_to_a_file_and_makes_it_unreadable_for_others) {
  ScratchDirectory const directory;
  auto const path = directory.file("access.log");
  for (std::uint64_t i = 0; i < 2; ++i) {
    AccessLog log(to(path), kNoNames, 1);
    push(log, i, 1);
  }
  EXPECT_EQ(numbers_in(path), (std::vector<std::uint64_t>{0, 1}));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0007U, 0U);
}

TEST(AccessLog, goes_on_in_a_new_file_after_rotation) {
  ScratchDirectory const directory;
  auto const path = directory.file("access.log");
  auto const rotated = directory.file("access.log.1");
  {
    AccessLog log(to(path), kNoNames, 1);
    push(log, 0, 100);
    std::filesystem::rename(path, rotated);
    log.reopen();
    while (!std::filesystem::exists(path)) std::this_thread::yield();
    push(log, 100, 100);
  }
  auto const before = numbers_in(rotated);
  auto const after = numbers_in(path);
  ASSERT_EQ(before.size(), 100U);
  ASSERT_EQ(after.size(), 100U);
  EXPECT_EQ(after.front(), 100U);
}

TEST(AccessLog, keeps_the_old_file_when_the_new_one_cannot_be_opened) {
  ScratchDirectory const directory;
  std::filesystem::create_directory(directory.file("logs"));
  auto const path = directory.file("logs/access.log");
  {
    AccessLog log(to(path), kNoNames, 1);
    std::filesystem::rename(directory.file("logs"), directory.file("moved"));
    log.reopen();
    push(log, 0, 1);
  }
  EXPECT_EQ(numbers_in(directory.file("moved/access.log")).size(), 1U);
}

TEST(AccessLog, that_cannot_be_opened_is_an_error_at_once) {
  EXPECT_THROW(AccessLog(to("/nonexistent/access.log"), kNoNames, 1), std::runtime_error);
}

TEST(AccessLog, counts_what_a_full_disk_does_not_take) {
  AccessLog log(to("/dev/full"), kNoNames, 1);
  push(log, 0, 5);
  wait_until_handled(log, 5);
  EXPECT_EQ(log.lost(), 5U);
  EXPECT_EQ(log.written(), 0U);
}

TEST(AccessLog, begins_a_new_line_after_one_that_was_cut) {
  ScratchDirectory const directory;
  auto const path = directory.file("access.log");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit const narrow{.rlim_cur = 1'000, .rlim_max = before.rlim_max};
  AccessLog log(to(path), kNoNames, 1);

  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &narrow), 0);
  push(log, 0, 20);
  wait_until_handled(log, 20);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  auto const lost = log.lost();
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(std::filesystem::file_size(path), 1'000U);

  push(log, 20, 1);
  wait_until_handled(log, 21);
  EXPECT_EQ(log.lost(), lost);
  auto const lines = lines_of(path);
  EXPECT_EQ(lines.size(), 20 - lost + 2) << "the whole lines, the cut one, and the one after it";
  EXPECT_EQ(nlohmann::json::parse(lines.back()).at("bytes_in"), 20);
}

/// A named pipe: a log whose reader does what the test wants.
class AccessLogOnPipe : public testing::Test {
 protected:
  AccessLogOnPipe() : path_(directory_.file("pipe")) {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(reader_, 0);
  }
  ~AccessLogOnPipe() override { close_reader(); }
  void close_reader() {
    if (reader_ >= 0) ::close(reader_);
    reader_ = -1;
  }

  ScratchDirectory directory_;
  std::string path_;
  int reader_ = -1;
};

TEST_F(AccessLogOnPipe, survives_a_reader_that_went_and_counts_the_loss) {
  AccessLog log(to(path_), kNoNames, 1);
  close_reader();
  push(log, 0, 3);
  wait_until_handled(log, 3);
  EXPECT_EQ(log.lost(), 3U);
}

TEST_F(AccessLogOnPipe, refuses_records_and_still_ends_when_its_reader_stands_still) {
  AccessLog log(to(path_), kNoNames, 1);
  std::uint64_t taken = 0;
  while (log.ring(0).push(numbered(taken))) ++taken;
  EXPECT_GE(taken, RecordRing::kCapacity);
}

TEST_F(AccessLogOnPipe, waits_for_a_slow_reader_at_its_end) {
  constexpr std::uint64_t kLines = 2'000;  // several pipes full
  auto log = std::make_unique<AccessLog>(to(path_), kNoNames, 1);
  push(*log, 0, kLines);
  std::thread ending([&] { log.reset(); });
  std::string text;
  std::array<char, 4096> piece;
  for (bool ended = false; !ended;) {
    auto const count = ::read(reader_, piece.data(), piece.size());
    if (count > 0) text.append(piece.data(), static_cast<std::size_t>(count));
    ended = count == 0;
  }
  ending.join();
  EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(kLines));
}

TEST(AccessLogToNamedPipe, without_a_reader_is_an_error_instead_of_a_wait) {
  ScratchDirectory const directory;
  auto const path = directory.file("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THROW(AccessLog(to(path), kNoNames, 1), std::runtime_error);
}

}  // namespace
}  // namespace inferway::telemetry
