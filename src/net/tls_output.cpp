// How a TLS session writes, and how OpenSSL reads and writes memory.

#include "inferway/base/secret_memory.hpp"
#include "tls_bio.hpp"

#include <algorithm>
#include <cstring>

namespace inferway::net {

namespace {

/// What OpenSSL itself may have to say (alerts, key updates) to a peer that takes nothing.
constexpr std::size_t kMostUnsent = 128 * 1024;

iovec as_iovec(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

BIO_METHOD* method() {
  static BIO_METHOD* const kMethod = [] {
    auto* const bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "inferway stream");
    BIO_meth_set_read(bio, TlsBio::read);
    BIO_meth_set_write(bio, TlsBio::write);
    BIO_meth_set_ctrl(bio, TlsBio::control);
    return bio;
  }();
  return kMethod;
}

/// Plaintext in pieces, taken a record at a time.
class Pieces {
 public:
  Pieces(std::span<iovec const> pieces, std::size_t skip) : pieces_(pieces) {
    while (skip > 0 && !pieces_.empty()) {
      at_ = std::min(skip, pieces_.front().iov_len);
      skip -= at_;
      settle();
    }
  }

  /// Up to `room.size()` bytes: where they lie when one piece has enough, else gathered in `room`.
  std::string_view next(std::span<char> room) {
    settle();
    if (pieces_.empty()) return {};
    std::string_view const first(static_cast<char const*>(pieces_.front().iov_base) + at_,
                                 pieces_.front().iov_len - at_);
    if (first.size() >= room.size() || pieces_.size() == 1) {
      auto const taken = first.substr(0, room.size());
      at_ += taken.size();
      return taken;
    }
    std::size_t filled = 0;
    while (filled < room.size() && !pieces_.empty()) {
      auto const size = std::min(room.size() - filled, pieces_.front().iov_len - at_);
      if (size > 0) std::memcpy(room.data() + filled, static_cast<char const*>(pieces_.front().iov_base) + at_, size);
      filled += size;
      at_ += size;
      settle();
    }
    return {room.data(), filled};
  }

 private:
  void settle() {
    while (!pieces_.empty() && at_ == pieces_.front().iov_len) {
      pieces_ = pieces_.subspan(1);
      at_ = 0;
    }
  }
  std::span<iovec const> pieces_;
  std::size_t at_ = 0;
};

}  // namespace

TlsSession::Scratch& TlsSession::Scratch::of_thread() {
  thread_local auto const kScratch = std::allocate_shared_for_overwrite<Scratch>(SecretAllocator<Scratch>());
  return *kScratch;
}

BIO* TlsBio::make(TlsSession& session) {
  auto* const bio = BIO_new(method());
  BIO_set_data(bio, &session);
  BIO_set_init(bio, 1);
  return bio;
}

/// Ciphertext from the socket into the scratch memory. False: nothing came.
bool TlsSession::pull() {
  if (socket_ended_ || socket_failed_) return false;
  if (pulled_ > wanted_ + kPullBytes || key_updates_ > kMostKeyUpdates) {
    // The others first: the socket is still known to be readable.
    if (stream_.watcher_ != nullptr) stream_.watcher_->notify();
    return false;
  }
  // At least a record; else no more than the caller has room for, so that nothing has to be set aside.
  auto& in = Scratch::of_thread().in;
  auto const most = std::clamp(wanted_, kRecordBytes + 512, in.size());
  auto const read = stream_.socket_read(std::span(in).first(most));
  socket_ended_ = read.status == IoStatus::closed;
  socket_failed_ = read.status == IoStatus::failed;
  input_ = {in.data(), read.bytes};
  pulled_ += read.bytes;
  if (server_ != nullptr && !done_ && opening_.size() < kOpeningBytes) {
    opening_.append(input_.substr(0, kOpeningBytes - opening_.size()));
  }
  return read.bytes > 0;
}

int TlsBio::read(BIO* bio, char* to, int size) {
  auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (session.input_.empty() && !session.pull()) {
    if (session.socket_ended_ || session.socket_failed_) return 0;
    BIO_set_retry_read(bio);
    return -1;
  }
  auto const bytes = std::min(static_cast<std::size_t>(size), session.input_.size());
  std::memcpy(to, session.input_.data(), bytes);
  session.input_.remove_prefix(bytes);
  return static_cast<int>(bytes);
}

int TlsBio::write(BIO* bio, char const* from, int size) {
  BIO_clear_retry_flags(bio);
  auto& out = TlsSession::Scratch::of_thread().out;
  out.insert(out.end(), from, from + size);
  return size;
}

long TlsBio::control(BIO* bio, int command, long, void*) {
  auto const& session = *static_cast<TlsSession*>(BIO_get_data(bio));
  if (command == BIO_CTRL_EOF) return session.socket_ended_ ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// What OpenSSL wrote of itself in the last call goes to the kernel, or behind what waits for it. False: the socket
/// broke, or the peer takes nothing.
bool TlsSession::send_out() {
  auto& out = Scratch::of_thread().out;
  std::string_view rest(out.data(), out.size());
  bool whole = true;
  if (unsent_.empty() && !rest.empty()) {
    auto const piece = as_iovec(rest);
    auto const sent = stream_.socket_write({&piece, 1});
    whole = sent.status != IoStatus::failed;
    rest.remove_prefix(sent.bytes);
  }
  if (whole && !rest.empty()) {
    if (record_count_ > 0) {
      records_[record_count_ - 1].cipher_bytes += static_cast<std::uint32_t>(rest.size());
    } else {
      untracked_ += rest.size();
    }
    unsent_.append(rest);
    whole = unsent_.size() <= kMostUnsent;
  }
  out.clear();
  return whole;
}

/// So much of the ciphertext went out, in order: `taken` grows by the plaintext of the records that are out whole.
void TlsSession::settle(std::size_t sent, std::size_t& taken) {
  auto const control = std::min(sent, untracked_);
  untracked_ -= control;
  sent -= control;
  std::size_t done = 0;
  while (done < record_count_ && sent >= records_[done].cipher_bytes) {
    sent -= records_[done].cipher_bytes;
    taken += records_[done++].plain_bytes;
  }
  std::shift_left(records_.begin(), records_.end(), static_cast<std::ptrdiff_t>(done));
  record_count_ -= done;
  if (record_count_ > 0) records_[0].cipher_bytes -= static_cast<std::uint32_t>(sent);
}

/// Sends what waits. False: the socket broke.
bool TlsSession::drain_unsent(std::size_t& taken) {
  if (unsent_.empty()) return true;
  auto const piece = as_iovec(unsent_.view());
  auto const result = stream_.socket_write({&piece, 1});
  if (result.status == IoStatus::failed) return false;
  unsent_.consume(result.bytes);
  if (unsent_.empty()) unsent_.release();
  settle(result.bytes, taken);
  return true;
}

/// Encrypts one batch of `pieces`, less their first `taken` bytes, into the scratch memory. False: TLS broke.
bool TlsSession::encrypt(std::span<iovec const> pieces, std::size_t taken) {
  auto& scratch = Scratch::of_thread();
  Pieces plain(pieces, taken);
  while (record_count_ < kBatchRecords) {
    auto const record = plain.next(scratch.plain);
    if (record.empty()) return true;
    auto const before = scratch.out.size();
    std::size_t written = 0;
    begin();
    int const done = SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
    if (done != 1) note_failure(SSL_get_error(ssl_.get(), done));
    end_input();
    if (done != 1) return false;
    records_[record_count_++] = {static_cast<std::uint32_t>(scratch.out.size() - before),
                                 static_cast<std::uint32_t>(record.size())};
  }
  return true;
}

/// The head and the first bytes of a body leave in one record, and up to four records in one call.
IoResult TlsSession::write(std::span<iovec const> pieces) {
  std::size_t taken = 0;
  if (failed_ || !drain_unsent(taken)) return {IoStatus::failed, 0};
  auto& out = Scratch::of_thread().out;
  while (unsent_.empty()) {
    bool const encrypted = encrypt(pieces, taken);
    if (encrypted && out.empty()) return {IoStatus::ok, taken};
    std::string_view rest(out.data(), out.size());
    auto const piece = as_iovec(rest);
    auto const result = encrypted ? stream_.socket_write({&piece, 1}) : IoResult{IoStatus::failed, 0};
    settle(result.bytes, taken);
    rest.remove_prefix(result.bytes);
    if (result.status != IoStatus::failed && !rest.empty()) unsent_.append(rest);
    out.clear();
    if (result.status == IoStatus::failed) return {IoStatus::failed, 0};
  }
  return {taken > 0 ? IoStatus::ok : IoStatus::blocked, taken};
}

}  // namespace inferway::net
