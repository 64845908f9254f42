#pragma once

#include <string_view>

namespace inferway {

/// A request head as the OpenAI SDK for Python sends it.
inline constexpr std::string_view kSdkHead =
    "POST /v1/chat/completions HTTP/1.1\r\n"
    "Host: gateway.example:8080\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Connection: keep-alive\r\n"
    "Accept: application/json\r\n"
    "Content-Type: application/json\r\n"
    "User-Agent: OpenAI/Python 1.99.0\r\n"
    "X-Stainless-Lang: python\r\n"
    "X-Stainless-Package-Version: 1.99.0\r\n"
    "X-Stainless-OS: Linux\r\n"
    "X-Stainless-Arch: x64\r\n"
    "X-Stainless-Runtime: CPython\r\n"
    "X-Stainless-Runtime-Version: 3.11.7\r\n"
    "Authorization: Bearer sk-0123456789abcdef0123456789abcdef\r\n"
    "X-Stainless-Async: false\r\n"
    "x-stainless-retry-count: 0\r\n"
    "x-stainless-read-timeout: 600\r\n"
    "Content-Length: 400\r\n"
    "\r\n";

}  // namespace inferway
