#include "inferway/net/socket_file.hpp"

#include "inferway/net/address.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>

namespace inferway::net {
namespace {

class SocketFileTest : public testing::Test {
 protected:
  SocketFileTest() {
    std::string pattern = testing::TempDir() + "inferway-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    path = directory / "x.sock";
  }
  ~SocketFileTest() override { std::filesystem::remove_all(directory); }

  [[nodiscard]] UnixListener listen() const { return listen_on_unix(path, "unix:" + path.string()); }
  [[nodiscard]] bool exists() const { return std::filesystem::exists(std::filesystem::symlink_status(path)); }
  [[nodiscard]] bool answers() const {
    auto const address = Address::unix_path(path.string());
    Descriptor const socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return socket && ::connect(socket.get(), address->data(), address->size()) == 0;
  }
  /// What listen() complains of.
  [[nodiscard]] std::string complaint() const {
    try {
      static_cast<void>(listen());
      return "";
    } catch (std::exception const& error) {
      return error.what();
    }
  }
  /// As a process that was killed leaves it.
  void leave_a_dead_socket() const {
    auto const address = Address::unix_path(path.string());
    Descriptor const socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_TRUE(socket);
    ASSERT_EQ(::bind(socket.get(), address->data(), address->size()), 0);
  }

  std::filesystem::path directory;
  std::filesystem::path path;
};

TEST_F(SocketFileTest, listens_and_goes_with_its_owner) {
  {
    auto const listener = listen();
    EXPECT_TRUE(answers());
    EXPECT_EQ(local_address(listener.socket.get())->path(), path.string());
  }
  EXPECT_FALSE(exists());
}

TEST_F(SocketFileTest, owner_and_group_may_connect_whatever_the_umask) {
  for (mode_t const mask : {0000U, 0022U, 0077U, 0777U}) {
    auto const before = ::umask(mask);
    auto const listener = listen();
    ::umask(before);
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0660U) << mask;
  }
}

TEST_F(SocketFileTest, replaces_what_a_dead_process_left) {
  leave_a_dead_socket();
  ASSERT_FALSE(answers());
  auto const listener = listen();
  EXPECT_TRUE(answers());
}

TEST_F(SocketFileTest, leaves_a_live_socket_alone) {
  auto const first = listen();
  EXPECT_NE(complaint().find("another process listens there"), std::string::npos) << complaint();
  EXPECT_TRUE(answers());
}

TEST_F(SocketFileTest, leaves_what_is_no_socket_alone) {
  std::ofstream(path) << "precious";
  EXPECT_NE(complaint().find("a file that is no socket"), std::string::npos) << complaint();
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_NE(complaint().find("a file that is no socket"), std::string::npos) << complaint();
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/nowhere", path);
  EXPECT_NE(complaint().find("a file that is no socket"), std::string::npos) << complaint();
}

TEST_F(SocketFileTest, says_what_it_cannot_bind) {
  path = directory / "missing" / "x.sock";
  EXPECT_NE(complaint().find("No such file"), std::string::npos) << complaint();
  EXPECT_NE(complaint().find(path.string()), std::string::npos) << complaint();
}

TEST_F(SocketFileTest, does_not_remove_what_took_its_place) {
  auto first = listen();
  std::filesystem::remove(path);
  auto const second = listen();
  first.file.remove();
  EXPECT_TRUE(answers());
}

TEST_F(SocketFileTest, is_removed_once_and_by_its_last_holder) {
  auto listener = listen();
  SocketFile moved = std::move(listener.file);
  listener.file = SocketFile();
  EXPECT_TRUE(exists());
  moved.remove();
  EXPECT_FALSE(exists());
  auto const again = listen();
  moved.remove();
  EXPECT_TRUE(exists());
}

}  // namespace
}  // namespace inferway::net
