// Finding the model in a multipart/form-data body.

#include "inferway/base/text.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "model_name.hpp"
#include "parameters.hpp"

#include <cstring>

namespace inferway::dialect {

namespace {

constexpr std::size_t kMaxBoundaryBytes = 70;

/// bchars of RFC 2046 section 5.1.1; a space may not come last.
bool is_boundary(std::string_view text) {
  if (text.empty() || text.size() > kMaxBoundaryBytes || text.back() == ' ') return false;
  for (char const c : text) {
    bool const alphanumeric = (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
    if (!alphanumeric && std::string_view("'()+_,-./:=? ").find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

Result<std::optional<std::string>> MultipartModelScanner::boundary(std::string_view content_type) {
  auto const parsed = parse_parameters(content_type);
  if (!parsed || !iequals(parsed->value, "multipart/form-data")) {
    // What is not a form, or cannot be read as a type at all, is taken for JSON, which then shows whether it is.
    bool const form = iequals(content_type.substr(0, 19), "multipart/form-data");
    if (form) return client_error(ErrorCode::bad_request, "the Content-Type of the form is malformed");
    return std::nullopt;
  }
  auto const* const value = parsed->find("boundary");
  if (value == nullptr || !is_boundary(*value)) {
    return client_error(ErrorCode::bad_request, "multipart/form-data without a legal boundary");
  }
  return *value;
}

MultipartModelScanner::MultipartModelScanner(std::string boundary) : delimiter_("\r\n--" + boundary) {}

void MultipartModelScanner::feed(std::string_view piece) {
  while (!piece.empty() && !error_ && state_ != State::closed) {
    std::size_t taken = 1;
    switch (state_) {
      case State::content: taken = scan_content(piece); break;
      case State::delimiter_line: delimiter_byte(piece.front()); break;
      case State::head: head_byte(piece.front()); break;
      case State::closed: break;
    }
    position_ += taken;
    piece.remove_prefix(taken);
  }
}

/// Up to the delimiter's end, or the piece's. A CR stands only at the delimiter's front, so that after a mismatch the
/// search begins anew with the byte at hand.
std::size_t MultipartModelScanner::scan_content(std::string_view piece) {
  if (matched_ == 0) {
    auto const* const cr = static_cast<char const*>(std::memchr(piece.data(), '\r', piece.size()));
    auto const plain = cr == nullptr ? piece.size() : static_cast<std::size_t>(cr - piece.data());
    if (plain > 0) {
      capture(piece.substr(0, plain));
      return plain;
    }
  }
  if (piece.front() == delimiter_[matched_]) {
    if (++matched_ == delimiter_.size()) {
      end_part();
      matched_ = 0;
      line_.clear();
      state_ = State::delimiter_line;
    }
    return 1;
  }
  capture(std::string_view(delimiter_).substr(0, matched_));
  matched_ = 0;
  return 0;
}

void MultipartModelScanner::delimiter_byte(char c) {
  line_ += c;
  if (line_ == "--") {
    state_ = State::closed;
  } else if (line_.ends_with("\r\n")) {
    auto const padding = std::string_view(line_).substr(0, line_.size() - 2);
    if (!trim(padding).empty()) return fail(ErrorCode::bad_request, "a form's delimiter line is malformed");
    line_.clear();
    state_ = State::head;
  } else if (line_.size() > kMaxLineBytes) {
    fail(ErrorCode::bad_request, "a form's delimiter line is malformed");
  }
}

void MultipartModelScanner::head_byte(char c) {
  line_ += c;
  if (c == '\n' && (line_ == "\r\n" || line_.ends_with("\r\n\r\n"))) {
    end_head();
    content_begin_ = position_ + 1;
    state_ = State::content;
  } else if (line_.size() > kMaxHeadBytes) {
    fail(ErrorCode::bad_request, "the head of a form's part is too large");
  }
}

void MultipartModelScanner::end_head() {
  is_model_ = false;
  content_.clear();
  too_long_ = false;
  std::string_view rest = line_;
  while (rest.size() > 2) {
    auto const end = rest.find("\r\n");
    auto const line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    auto const colon = line.find(':');
    if (colon == std::string_view::npos) return fail(ErrorCode::bad_request, "a malformed field in a form's part");
    if (!iequals(line.substr(0, colon), "content-disposition")) continue;
    auto const parsed = parse_parameters(line.substr(colon + 1));
    if (!parsed || !iequals(parsed->value, "form-data")) {
      return fail(ErrorCode::bad_request, "a malformed Content-Disposition in a form's part");
    }
    auto const* const field = parsed->find("name");
    bool const file = parsed->find("filename") != nullptr || parsed->find("filename*") != nullptr;
    is_model_ = field != nullptr && *field == "model" && !file;
  }
}

void MultipartModelScanner::end_part() {
  if (!is_model_) return;
  is_model_ = false;
  if (model_) return fail(ErrorCode::ambiguous_model, "the form has two fields \"model\"");
  if (too_long_ || !complaint_about_model_name(content_).empty()) {
    return fail(ErrorCode::invalid_model,
                "the form's \"model\" is empty, too long, or holds characters a name cannot have");
  }
  model_ = BodyModel{.model = content_, .offset = content_begin_, .length = content_.size()};
}

void MultipartModelScanner::capture(std::string_view bytes) {
  if (!is_model_ || too_long_) return;
  too_long_ = content_.size() + bytes.size() > JsonModelScanner::kMaxModelBytes;
  if (!too_long_) content_.append(bytes);
}

void MultipartModelScanner::fail(ErrorCode code, std::string_view what) {
  error_ = Error{code, Side::client, Retry::never,
                 std::string(what) + " (byte " + std::to_string(position_) + " of the body)"};
}

Result<std::optional<BodyModel>> MultipartModelScanner::finish() {
  if (!error_ && state_ != State::closed) fail(ErrorCode::bad_request, "the form has no closing delimiter");
  if (error_) return std::unexpected(*error_);
  return std::move(model_);
}

}  // namespace inferway::dialect
