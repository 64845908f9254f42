// An own BPF program instead of libseccomp: a list of numbers needs no compiler.

#include "system_call_filter.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <span>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#if defined(__x86_64__)
#define INFERWAY_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define INFERWAY_AUDIT_ARCH AUDIT_ARCH_AARCH64
#else
#error "system_call_filter.cpp: say how the kernel names this machine's system calls"
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define INFERWAY_SANITIZED 1
#endif
#endif

namespace inferway::app {

namespace {

constexpr std::uint32_t kDenied[] = {
#ifndef INFERWAY_SANITIZED  // the leak check reads its own process, and the thread sanitizer moves it
    // other processes
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_personality,
#endif
    SYS_kcmp,
    SYS_pidfd_getfd,
    SYS_process_madvise,
    // file systems and namespaces
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_unshare,
    SYS_setns,
    SYS_open_by_handle_at,
    SYS_mknodat,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_fanotify_init,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    // the kernel's own programs and their neighbours, where most of its local flaws were
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_lookup_dcookie,
    SYS_vmsplice,
    // the machine
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_syslog,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_migrate_pages,
    SYS_move_pages,
    SYS_nfsservctl,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_mknod,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
    SYS__sysctl,
#endif
};

/// A new process may not be in a namespace of its own.
constexpr std::uint32_t kNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/// Netlink: getaddrinfo() asks it which addresses the machine has.
constexpr std::uint32_t kFamilies[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

sock_filter load(std::size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
/// Both machines are little-endian: the half that counts comes first.
sock_filter load_first_argument() { return load(offsetof(seccomp_data, args)); }
sock_filter answer(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
sock_filter refuse(int error) { return answer(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)); }
/// The next instruction if the loaded word compares so, else the one behind it.
sock_filter when(std::uint16_t comparison, std::uint32_t value) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | BPF_K | comparison), value, 0, 1);
}
sock_filter unless(std::uint16_t comparison, std::uint32_t value) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | BPF_K | comparison), value, 1, 0);
}

/// What is decided by the number alone comes to the same each time, so kernels since 5.11 run this once for each number
/// and remember what is allowed.
std::vector<sock_filter> program() {
  std::vector<sock_filter> out{load(offsetof(seccomp_data, arch)), unless(BPF_JEQ, INFERWAY_AUDIT_ARCH), refuse(EPERM),
                               load(offsetof(seccomp_data, nr))};
#if defined(__x86_64__)
  out.insert(out.end(), {when(BPF_JGE, 0x40000000), refuse(ENOSYS)});  // x32: the same calls by other numbers
#endif
  for (auto const number : kDenied) out.insert(out.end(), {when(BPF_JEQ, number), refuse(EPERM)});
  // Its flags lie in memory, which a filter cannot read. The C library then takes clone.
  out.insert(out.end(), {when(BPF_JEQ, SYS_clone3), refuse(ENOSYS)});
  out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
  out.insert(out.end(), {load_first_argument(), when(BPF_JSET, kNamespaces), refuse(EPERM), answer(SECCOMP_RET_ALLOW)});
  out.insert(out.end(), {unless(BPF_JEQ, SYS_socket), answer(SECCOMP_RET_ALLOW), load_first_argument()});
  for (auto const family : kFamilies) out.insert(out.end(), {when(BPF_JEQ, family), answer(SECCOMP_RET_ALLOW)});
  out.push_back(refuse(EAFNOSUPPORT));
  return out;
}

}  // namespace

std::error_code filter_system_calls() {
  auto instructions = program();
  sock_fprog const filter{.len = static_cast<unsigned short>(instructions.size()), .filter = instructions.data()};
  // Before 5.16 a filter brings a costly mitigation along, which is for programs that run code of others.
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) == 0) return {};
  // A unit's SystemCallFilter may deny that call, but not this one.
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0) return {};
  return {errno, std::generic_category()};
}

}  // namespace inferway::app
