#pragma once

#include "tls_session.hpp"

#include <vector>

namespace inferway::net {

/// Memory of a thread that OpenSSL's calls work in; nothing in it lasts beyond one.
struct TlsSession::Scratch {
  static constexpr std::size_t kInBytes = 64 * 1024;
  std::array<char, kInBytes> in;                     // filled by the kernel
  std::array<char, TlsSession::kRecordBytes> plain;  // filled by encrypt()
  std::vector<char> out;

  [[nodiscard]] static Scratch& of_thread();
};

/// OpenSSL's door to a session's memory.
struct TlsBio {
  [[nodiscard]] static BIO* make(TlsSession& session);
  static int read(BIO* bio, char* to, int size);
  static int write(BIO* bio, char const* from, int size);
  static long control(BIO* bio, int command, long number, void* pointer);
};

}  // namespace inferway::net
