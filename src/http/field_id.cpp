#include "inferway/http/head.hpp"
#include "known_fields.hpp"

namespace inferway::http {

FieldId field_id(std::string_view name) { return known_field_id(name); }

}  // namespace inferway::http
