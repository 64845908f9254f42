#include "inferway/policy/sha256.hpp"

#include <gtest/gtest.h>

#include <string>

namespace inferway::policy {
namespace {

std::string hexadecimal(Digest const& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (auto const byte : digest) out.append({kDigits[byte >> 4U], kDigits[byte & 15U]});
  return out;
}

/// The examples of FIPS 180-2, appendix B.
TEST(Sha256Test, gives_the_standards_examples_one_after_the_other) {
  Sha256 sha256;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(hexadecimal(sha256.digest("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hexadecimal(sha256.digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hexadecimal(sha256.digest(std::string(1'000'000, 'a'))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(hexadecimal(sha256.digest("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }
}

}  // namespace
}  // namespace inferway::policy
