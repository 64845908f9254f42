#include "system_call_filter.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <linux/audit.h>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace inferway::app {
namespace {

struct CallRow {
  char const* name;
  long number;
  std::array<long, 5> arguments;  ///< such that the kernel alone would refuse them by another error
  int error;
};

constexpr std::array<long, 5> kWrong = {-1, -1, -1, -1, -1};

constexpr CallRow kDeniedRows[] = {
    {"kcmp", SYS_kcmp, kWrong, EPERM},
    {"mount", SYS_mount, kWrong, EPERM},
    {"umount2", SYS_umount2, kWrong, EPERM},
    {"move_mount", SYS_move_mount, kWrong, EPERM},
    {"open_tree", SYS_open_tree, kWrong, EPERM},
    {"fsopen", SYS_fsopen, kWrong, EPERM},
    {"pivot_root", SYS_pivot_root, kWrong, EPERM},
    {"chroot", SYS_chroot, kWrong, EPERM},
    {"unshare", SYS_unshare, {CLONE_NEWUSER}, EPERM},
    {"setns", SYS_setns, kWrong, EPERM},
    {"open_by_handle_at", SYS_open_by_handle_at, kWrong, EPERM},
    {"mknodat", SYS_mknodat, kWrong, EPERM},
    {"bpf", SYS_bpf, kWrong, EPERM},
    {"perf_event_open", SYS_perf_event_open, kWrong, EPERM},
    {"userfaultfd", SYS_userfaultfd, kWrong, EPERM},
    {"io_uring_setup", SYS_io_uring_setup, {-1, -1}, EPERM},
    {"io_uring_enter", SYS_io_uring_enter, kWrong, EPERM},
    {"io_uring_register", SYS_io_uring_register, kWrong, EPERM},
    {"add_key", SYS_add_key, kWrong, EPERM},
    {"request_key", SYS_request_key, kWrong, EPERM},
    {"keyctl", SYS_keyctl, kWrong, EPERM},
    {"pidfd_getfd", SYS_pidfd_getfd, kWrong, EPERM},
    {"process_madvise", SYS_process_madvise, kWrong, EPERM},
    {"kexec_load", SYS_kexec_load, kWrong, EPERM},
    {"kexec_file_load", SYS_kexec_file_load, kWrong, EPERM},
    {"init_module", SYS_init_module, kWrong, EPERM},
    {"finit_module", SYS_finit_module, kWrong, EPERM},
    {"delete_module", SYS_delete_module, kWrong, EPERM},
    {"swapon", SYS_swapon, kWrong, EPERM},
    {"acct", SYS_acct, kWrong, EPERM},
    {"settimeofday", SYS_settimeofday, kWrong, EPERM},
    {"clock_settime", SYS_clock_settime, kWrong, EPERM},
    {"sethostname", SYS_sethostname, kWrong, EPERM},
    {"clone_with_a_user_namespace", SYS_clone, {CLONE_NEWUSER | CLONE_THREAD}, EPERM},
    {"clone_with_a_network_of_its_own", SYS_clone, {CLONE_NEWNET | CLONE_THREAD}, EPERM},
    {"clone3", SYS_clone3, {0, 0}, ENOSYS},
    {"socket_packet", SYS_socket, {AF_PACKET, SOCK_RAW, 0}, EAFNOSUPPORT},
    {"socket_alg", SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}, EAFNOSUPPORT},
    {"socket_vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}, EAFNOSUPPORT},
#if defined(__x86_64__)
    {"modify_ldt", SYS_modify_ldt, kWrong, EPERM},
    {"iopl", SYS_iopl, kWrong, EPERM},
    {"x32_getpid", 0x40000000 | SYS_getpid, {}, ENOSYS},
#endif
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
    {"ptrace", SYS_ptrace, kWrong, EPERM},
    {"process_vm_readv", SYS_process_vm_readv, kWrong, EPERM},
    {"process_vm_writev", SYS_process_vm_writev, kWrong, EPERM},
    {"personality", SYS_personality, {-1}, EPERM},
#endif
};

/// The error a child under the filter gets; 0 for none.
int error_under_filter(CallRow const& row) {
  auto const child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (filter_system_calls()) ::_exit(255);
    auto const& a = row.arguments;
    auto const got = ::syscall(row.number, a[0], a[1], a[2], a[3], a[4]);
    ::_exit(got == -1 ? errno : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class DeniedCallTest : public testing::TestWithParam<CallRow> {};

TEST_P(DeniedCallTest, fails_by_an_error_and_kills_nobody) {
  EXPECT_EQ(error_under_filter(GetParam()), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(Rows, DeniedCallTest, testing::ValuesIn(kDeniedRows),
                         [](auto const& row) { return std::string(row.param.name); });

constexpr CallRow kAllowedRows[] = {
    {"socket_inet", SYS_socket, {AF_INET, SOCK_STREAM, 0}, 0},
    {"socket_unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}, 0},
    {"socket_netlink", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}, 0},
    {"getpid", SYS_getpid, {}, 0},
};

class AllowedCallTest : public testing::TestWithParam<CallRow> {};

TEST_P(AllowedCallTest, is_as_it_was) { EXPECT_EQ(error_under_filter(GetParam()), 0); }

INSTANTIATE_TEST_SUITE_P(Rows, AllowedCallTest, testing::ValuesIn(kAllowedRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(SystemCallFilterTest, threads_and_processes_can_be_started) {
  auto const child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (filter_system_calls() || filter_system_calls()) ::_exit(255);  // once more, as after an upgrade
    int seen = 0;
    std::thread([&seen] { seen = 7; }).join();
    ::execl("/bin/sh", "sh", "-c", "exec test $0 = 7", std::to_string(seen).c_str(), nullptr);
    ::_exit(254);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

}  // namespace
}  // namespace inferway::app
