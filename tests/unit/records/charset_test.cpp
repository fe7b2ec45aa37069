// SPDX-License-Identifier: Apache-2.0
// Bytes of other charsets to UTF-8, and which charset bytes are in.
#include "firmware/records/charset.h"

#include <catch2/catch.hpp>

#include "firmware/records/utf8.h"
#include "tests/unit/records/csv_fixture.h"

namespace holdfast::records {

namespace {

std::string decoded(Charset charset, std::string_view bytes, std::size_t block_size) {
  Decoder decoder(charset);
  REQUIRE(decoder.is_usable());
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += block_size) {
    decoder.decode(view_of(bytes.substr(at, block_size)), out);
  }
  decoder.finish(out);
  return out;
}

// In blocks of every size the same.
std::string decoded(Charset charset, std::string_view bytes) {
  const std::string whole = decoded(charset, bytes, bytes.size() + 1);
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    CAPTURE(size);
    REQUIRE(decoded(charset, bytes, size) == whole);
  }
  return whole;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

constexpr std::string_view kText = "张伟,䶮|𠀀€\\é\r\n龘\n";

}  // namespace

TEST_CASE("text comes back from every charset, wherever blocks cut it") {
  CHECK(decoded(Charset::gb18030, encoded(kText, "GB18030")) == kText);
  CHECK(decoded(Charset::utf16le, encoded(kText, "UTF-16LE")) == kText);
  CHECK(decoded(Charset::utf16be, encoded(kText, "UTF-16BE")) == kText);
  CHECK(decoded(Charset::gb18030, "\xD5\xC5\xCE\xB0\xFE\x9F\x95\x32\x82\x36") == "张伟䶮𠀀");
}

TEST_CASE("what has no meaning becomes a byte that is no UTF-8, and line ends survive it") {
  CHECK(decoded(Charset::gb18030, "a\xD5\nb\x81\x30\x81\nc\xFF\r\nd\x80") ==
        "a\xFF\nb\xFF"
        "0\xFF\nc\xFF\r\nd\xFF");
  CHECK(decoded(Charset::gb18030, "a\xD5") == "a\xFF");
  CHECK(decoded(Charset::gb18030, "a\x81\x30\x81") ==
        "a\xFF"
        "0\xFF");
  CHECK(decoded(Charset::gb18030, "a\x95\x33\n") ==
        "a\xFF"
        "3\n");
  using namespace std::string_literals;
  CHECK(decoded(Charset::utf16le,
                "a\0\x00\xD8\n\0\x00\xDC"
                "b\0"s) ==
        "a\xFF\n\xFF"
        "b");
  CHECK(decoded(Charset::utf16le, "a\0b"s) == "a\xFF");
  CHECK(decoded(Charset::utf16be, "\0a\xD8\x00"s) == "a\xFF");
}

TEST_CASE("the first bytes without a meaning are found") {
  const Decoder gb18030(Charset::gb18030);
  CHECK(gb18030.first_invalid(view_of("")) == 0);
  CHECK(gb18030.first_invalid(view_of("\xD5\xC5,1\n")) == 5);
  CHECK(gb18030.first_invalid(view_of("\xD5\xC5,\xFF\n")) == 3);
  CHECK(gb18030.first_invalid(view_of("\xD5\xC5,\xD5")) == 3);
  const std::string far = repeated("\xD5\xC5", 50'000);
  CHECK(gb18030.first_invalid(view_of(far + "\xFF")) == far.size());
}

TEST_CASE("a byte order mark says which charset it is") {
  using namespace std::string_literals;
  CHECK(detect_charset(view_of("\xEF\xBB\xBF\xD5\xC5\n")) == Charset::utf8);
  CHECK(detect_charset(view_of("\xFF\xFE"
                               "a\0"s)) == Charset::utf16le);
  CHECK(detect_charset(view_of("\xFE\xFF\0a"s)) == Charset::utf16be);
  CHECK(detect_charset(view_of("\x84\x31\x95\x33"
                               "a")) == Charset::gb18030);
}

TEST_CASE("without a byte order mark the bytes say it") {
  const std::string text = repeated("编号,姓名\n13800138000,张伟\n", 50);
  CHECK(detect_charset(view_of(text)) == Charset::utf8);
  CHECK(detect_charset(view_of(encoded(text, "GB18030"))) == Charset::gb18030);
  CHECK(detect_charset(view_of(encoded(text, "UTF-16LE"))) == Charset::utf16le);
  CHECK(detect_charset(view_of(encoded(text, "UTF-16BE"))) == Charset::utf16be);
  CHECK(detect_charset(view_of("")) == Charset::utf8);
  CHECK(detect_charset(view_of("id,name\n1,2\n")) == Charset::utf8);
  CHECK(detect_charset(view_of("\xFF\xFF\n")) == Charset::utf8);
  CHECK(detect_charset(view_of(text + std::string(1, '\0'))) == Charset::utf8);
}

TEST_CASE("a few lines of another charset do not change what the file is") {
  const std::string utf8 = repeated("13800138000,张伟\n", 100);
  const std::string gb18030 = encoded(utf8, "GB18030");
  CHECK(detect_charset(view_of(gb18030.substr(0, 51) + utf8)) == Charset::utf8);
  CHECK(detect_charset(view_of(utf8.substr(0, 57) + gb18030)) == Charset::gb18030);
}

TEST_CASE("a sample that ends within a character is judged by its whole lines") {
  for (const char* charset : {"UTF-8", "GB18030"}) {
    for (std::size_t shift = 0; shift < 4; ++shift) {
      const std::string file =
          std::string(shift, 'x') + "\n张伟\n" + repeated("张", kCharsetSampleSize);
      CHECK(detect_charset(view_of(encoded(file, charset))) ==
            (charset[0] == 'U' ? Charset::utf8 : Charset::gb18030));
    }
  }
}

TEST_CASE("UTF-8 is checked strictly, at every place in a word") {
  for (std::size_t before = 0; before < 40; ++before) {
    const std::string ascii(before, 'a');
    for (const std::string bad : {"\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                                  "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE4\xBD", "\x80"}) {
      const std::string text = ascii + bad + std::string(20, 'b');
      REQUIRE(first_invalid_utf8(view_of(text)) == before);
      REQUIRE(first_invalid_utf8(view_of(ascii + bad)) == before);
    }
    const std::string good = ascii + "é张𠀀\xED\x9F\xBF\xF4\x8F\xBF\xBFz";
    REQUIRE(first_invalid_utf8(view_of(good)) == good.size());
  }
}

}  // namespace holdfast::records
