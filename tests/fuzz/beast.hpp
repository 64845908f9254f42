#pragma once

#include "inferway/base/text.hpp"
#include "inferway/http/head.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <limits>
#include <map>
#include <string>
#include <string_view>

/// Boost.Beast as a second reader, written by others: what we accept, it reads alike. (Not the other way round: it
/// takes much that we refuse.)
namespace inferway::fuzz {

namespace beast = boost::beast;

/// By name, since Beast brings fields of one name together; those of one name in their order.
using FieldTexts = std::multimap<std::string, std::string>;

template <typename Head>
FieldTexts our_fields(Head const& head) {
  FieldTexts fields;
  for (auto const& field : head.fields) fields.emplace(lower(field.name), field.value);
  return fields;
}

template <typename Message>
FieldTexts their_fields(Message const& message) {
  FieldTexts fields;
  for (auto const& field : message) fields.emplace(lower(field.name_string()), field.value());
  return fields;
}

/// How many bytes it took, or why it refused them.
template <typename Parser>
std::size_t put(Parser& parser, std::string_view bytes, beast::error_code& error) {
  parser.body_limit(boost::none);
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  return parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
}

}  // namespace inferway::fuzz
