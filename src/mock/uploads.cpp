// What takes a multipart form: transcriptions and files.

#include "api.hpp"
#include "made_up.hpp"
#include "multipart.hpp"

#include <algorithm>

namespace inferway::mock {

namespace {

FormPart const* file_of(std::vector<FormPart> const& form) {
  auto const part = std::ranges::find(form, "file", &FormPart::name);
  return part == form.end() ? nullptr : &*part;
}

Reply no_form() { return error_reply(400, "The body is no multipart form.", "invalid_request_error", ""); }

Reply missing(std::string_view name) {
  return error_reply(400, "The field '" + std::string(name) + "' is missing.", "invalid_request_error",
                     "missing_required_parameter");
}

}  // namespace

/// The text tells the file's name and size, so that a client sees that all of it came.
Answer transcription(Request const& request, Models const& models, Behaviour const& behaviour) {
  auto const form = parse_form(request.header("content-type"), request.body);
  if (!form) return no_form();
  auto const model = field(*form, "model");
  auto const* const file = file_of(*form);
  if (!model) return missing("model");
  if (file == nullptr) return missing("file");
  if (!knows(models, *model)) return unknown_model(*model);
  MadeUpText const words(mix(behaviour.seed, file->content));
  auto const text = std::string(file->filename) + ", " + std::to_string(file->content.size()) +
                    " bytes: " + words.text(behaviour.tokens);
  auto const format = field(*form, "response_format").value_or("json");
  if (format == "text") {
    return Reply{.content_type = "text/plain; charset=utf-8",
                 .body = text + "\n",
                 .generated = true,
                 .tokens = behaviour.tokens};
  }
  Json const body{{"text", text}, {"usage", {{"type", "duration"}, {"seconds", 1}}}};
  return Reply{.body = dump(body), .generated = true, .tokens = behaviour.tokens};
}

Answer file_upload(Request const& request) {
  auto const form = parse_form(request.header("content-type"), request.body);
  if (!form) return no_form();
  auto const purpose = field(*form, "purpose");
  auto const* const file = file_of(*form);
  if (!purpose) return missing("purpose");
  if (file == nullptr) return missing("file");
  return json_reply({{"id", "file-" + hex(mix(0, file->content))},
                     {"object", "file"},
                     {"bytes", file->content.size()},
                     {"created_at", request.now},
                     {"filename", file->filename},
                     {"purpose", *purpose},
                     {"status", "processed"}});
}

}  // namespace inferway::mock
