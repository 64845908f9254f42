// Finding the model in a multipart/form-data body.

#include "byte_search.hpp"
#include "form_part.hpp"
#include "inferway/base/text.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "model_name.hpp"
#include "parameters.hpp"

#include <algorithm>

namespace inferway::dialect {

namespace {

constexpr std::size_t kMaxBoundaryBytes = 70;

/// bchars of RFC 2046 section 5.1.1; a space may not come last.
bool is_boundary(std::string_view text) {
  auto const allowed = [](char c) {
    bool const alphanumeric = (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
    return alphanumeric || std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMaxBoundaryBytes && text.back() != ' ' && std::ranges::all_of(text, allowed);
}

}  // namespace

Result<std::optional<std::string>> MultipartModelScanner::boundary(std::string_view content_type) {
  static constexpr std::string_view kForm = "multipart/form-data";
  if (content_type.size() < kForm.size()) return std::nullopt;  // JSON's own type, as a rule
  if (!iequals(trim(content_type.substr(0, content_type.find(';'))), kForm)) return std::nullopt;
  auto const parsed = parse_parameters(content_type);
  if (!parsed) return client_error(ErrorCode::bad_request, "the Content-Type of the form is malformed");
  auto const* const value = parsed->find("boundary");
  if (value == nullptr || !is_boundary(*value)) {
    return client_error(ErrorCode::bad_request, "the Content-Type of the form has no legal boundary");
  }
  return *value;
}

MultipartModelScanner::MultipartModelScanner(std::string_view boundary) : dashes_("--") { dashes_ += boundary; }

void MultipartModelScanner::feed(std::string_view piece) {
  while (!piece.empty() && !error_ && state_ != State::closed) {
    std::size_t taken = 1;
    switch (state_) {
      case State::content: taken = in_content(piece); break;
      case State::head: taken = in_head(piece); break;
      case State::behind_delimiter:
      case State::closing_dash:
      case State::padding:
      case State::line_feed: in_delimiter_line(piece.front()); break;
      case State::closed: break;
    }
    position_ += taken;
    piece.remove_prefix(taken);
  }
}

/// On to a delimiter's end, or the piece's. Only what follows a line break can be a delimiter, and there is no line
/// break in it, so nothing is looked at twice.
std::size_t MultipartModelScanner::in_content(std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    if (line_break_ == LineBreak::none) {
      at += bytes_before_either(piece.substr(at), '\r', '\n');
      if (at == piece.size()) break;
    }
    char const c = piece[at++];
    if (line_break_ != LineBreak::none && c == dashes_[matched_]) {
      if (++matched_ < dashes_.size()) continue;
      keep(piece.substr(0, at));
      end_content(position_ + at - dashes_.size());
      return at;
    }
    bool const completes = c == '\n' && line_break_ == LineBreak::cr && matched_ == 0;
    line_break_ = completes ? LineBreak::crlf : c == '\r' ? LineBreak::cr : c == '\n' ? LineBreak::lf : LineBreak::none;
    matched_ = 0;
  }
  keep(piece);
  return at;
}

/// `at`: where the delimiter's dashes begin.
void MultipartModelScanner::end_content(std::uint64_t at) {
  // Some parsers take any line break before a delimiter, and some let it share the one that ends the part's head;
  // others take such a delimiter for content. Nobody who writes forms means either.
  bool const own_break = !in_part_ || at >= content_begin_ + 2;
  if (line_break_ != LineBreak::crlf || !own_break) {
    return fail(ErrorCode::bad_request, "a delimiter of the form without a line break (CRLF) of its own", at);
  }
  state_ = State::behind_delimiter;
  if (!is_model_) return;
  is_model_ = false;
  if (model_) return fail(ErrorCode::ambiguous_model, "the form has two fields \"model\"", content_begin_);
  auto const length = at - 2 - content_begin_;
  bool const too_long = length > JsonModelScanner::kMaxModelBytes;
  if (!too_long) kept_.resize(length);
  auto const complaint = too_long ? kTooLong : complaint_about_model_name(kept_);
  if (!complaint.empty()) {
    return fail(ErrorCode::invalid_model, "the form's field \"model\" " + std::string(complaint), content_begin_);
  }
  model_ = BodyModel{.model = std::move(kept_), .offset = content_begin_, .length = length};
}

void MultipartModelScanner::in_delimiter_line(char c) {
  if (state_ == State::line_feed && c == '\n') {
    state_ = closing_ ? State::closed : State::head;
    kept_.clear();
  } else if (state_ == State::closing_dash && c == '-') {
    closing_ = true;
    state_ = State::padding;
  } else if (state_ == State::behind_delimiter && c == '-') {
    state_ = State::closing_dash;
  } else if ((state_ == State::behind_delimiter || state_ == State::padding) && (c == ' ' || c == '\t')) {
    state_ = State::padding;  // RFC 2046 section 5.1.1 has it: transport-padding
  } else if ((state_ == State::behind_delimiter || state_ == State::padding) && c == '\r') {
    state_ = State::line_feed;
  } else {
    fail(ErrorCode::bad_request, "something stands behind a delimiter of the form", position_);
  }
}

/// On to the end of a line, or of the piece, or of what a head may hold.
std::size_t MultipartModelScanner::in_head(std::string_view piece) {
  auto const line = std::min(piece.find('\n'), piece.size() - 1) + 1;
  auto const taken = std::min(line, kMaxHeadBytes + 1 - kept_.size());
  kept_.append(piece.substr(0, taken));
  if (kept_.size() > kMaxHeadBytes) {
    fail(ErrorCode::bad_request, "the head of a part of the form is too large", position_ + taken - 1);
  } else if (kept_ == "\r\n" || kept_.ends_with("\r\n\r\n")) {
    end_head(position_ + taken);
  }
  return taken;
}

/// `at`: where the part's content begins.
void MultipartModelScanner::end_head(std::uint64_t at) {
  auto const part = read_part_head(std::string_view(kept_).substr(0, kept_.size() - 2));
  if (!part) return fail(part.error().code, part.error().detail, at - 1);
  is_model_ = *part == FormPart::model_field;
  in_part_ = true;
  content_begin_ = at;
  line_break_ = LineBreak::crlf;
  matched_ = 0;
  kept_.clear();
  state_ = State::content;
}

/// Keeps the field's content with the delimiter behind it, or as much of it as shows that it is too long.
void MultipartModelScanner::keep(std::string_view bytes) {
  if (!is_model_) return;
  auto const bound = JsonModelScanner::kMaxModelBytes + 2 + dashes_.size();
  kept_.append(bytes.substr(0, bound - std::min(bound, kept_.size())));
}

void MultipartModelScanner::fail(ErrorCode code, std::string what, std::uint64_t at) {
  error_ = Error{code, Side::client, Retry::never, std::move(what) + " (at byte " + std::to_string(at) + ')'};
}

Result<std::optional<BodyModel>> MultipartModelScanner::finish() {
  bool const ended = state_ == State::closed || (state_ == State::padding && closing_);
  if (!error_ && !ended) fail(ErrorCode::bad_request, "the form has no closing delimiter", position_);
  if (error_) return std::unexpected(*error_);
  return model_;
}

}  // namespace inferway::dialect
