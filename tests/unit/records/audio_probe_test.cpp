// SPDX-License-Identifier: Apache-2.0
// What headers of recordings say. Headers made by hand here, and real files of sox, lame, opusenc
// and speexenc in audio/: 1.5 s of a tone of 440 Hz, mono, 8000 Hz.
#include "firmware/records/audio_probe.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace holdfast::records {

namespace {

AudioFacts probe(std::string_view name, const std::string& file) {
  const ByteView bytes = view_of(file);
  const ByteView head = bytes.first(std::min(bytes.size(), kAudioHeadSize));
  const ByteView tail = bytes.last(std::min(bytes.size(), audio_tail_size(head)));
  return probe_audio(name, head, tail, bytes.size());
}

std::string little(std::uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i, value >>= 8U) out += static_cast<char>(value & 0xff);
  return out;
}

std::string big(std::uint32_t value) {
  std::string out = little(value, 4);
  return {out.rbegin(), out.rend()};
}

std::string chunk(std::string_view id, const std::string& content) {
  return std::string(id) + little(content.size(), 4) + content +
         std::string(content.size() % 2, '\0');
}

struct Format {
  std::uint16_t tag = 1;
  std::uint16_t channels = 1;
  std::uint32_t rate = 8000;
  std::uint16_t block = 2;
  std::uint16_t bits = 16;
  std::uint16_t block_samples = 0;
};

std::string fmt(const Format& format) {
  std::string out = little(format.tag, 2) + little(format.channels, 2) + little(format.rate, 4) +
                    little(format.rate * format.block, 4) + little(format.block, 2) +
                    little(format.bits, 2);
  if (format.block_samples > 0) out += little(2, 2) + little(format.block_samples, 2);
  return chunk("fmt ", out);
}

std::string riff(const std::string& chunks) {
  return "RIFF" + little(chunks.size() + 4, 4) + "WAVE" + chunks;
}

std::string wav(const Format& format, std::size_t data, const std::string& before = {},
                const std::string& behind = {}) {
  return riff(fmt(format) + before + chunk("data", std::string(data, '\xd5')) + behind);
}

// The same with other sizes in the header than what is there.
std::string with_sizes(std::string file, std::uint64_t riff_size, std::uint64_t data_size) {
  file.replace(4, 4, little(riff_size, 4));
  file.replace(file.find("data") + 4, 4, little(data_size, 4));
  return file;
}

std::string real_file(const std::string& name) {
  std::ifstream file(HOLDFAST_AUDIO_FOLDER "/" + name, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr std::uint32_t kUnknownSize = 0xffff'ffff;
constexpr Format kALaw{.tag = 6, .block = 1, .bits = 8};

}  // namespace

TEST_CASE("WAV of the forms that recorders write") {
  struct Case {
    Format format;
    std::size_t data;
    std::string_view form;
    std::int64_t duration_ms;
  };
  const Case cases[] = {
      {{}, 16'000, "wav/pcm", 1000},
      {{.channels = 2, .rate = 16'000, .block = 4}, 96'000, "wav/pcm", 1500},
      {{.block = 3, .bits = 24}, 12'000, "wav/pcm", 500},
      {kALaw, 12'345, "wav/a-law", 1543},
      {{.tag = 7, .channels = 2, .block = 2, .bits = 8}, 16'000, "wav/mu-law", 1000},
      {{.tag = 3, .block = 4, .bits = 32}, 32'000, "wav/float", 1000},
      {{.tag = 0x31, .block = 65, .bits = 0, .block_samples = 320}, 6500, "wav/gsm", 4000},
      {{.tag = 0x11, .block = 256, .bits = 4, .block_samples = 505}, 2560, "wav/ima-adpcm", 631},
      {{.tag = 2, .block = 256, .bits = 4, .block_samples = 500}, 2560, "wav/ms-adpcm", 625},
      {{.tag = 0x83, .rate = 100, .block = 10, .bits = 1}, 1000, "wav/g729", 1000},
  };
  for (const Case& one : cases) {
    CAPTURE(one.form, one.data);
    const AudioFacts facts = probe("x.wav", wav(one.format, one.data));
    CHECK(facts.state == AudioState::sound);
    CHECK(facts.form == one.form);
    CHECK(facts.channels == one.format.channels);
    CHECK(facts.rate == one.format.rate);
    CHECK(facts.duration_ms == one.duration_ms);
  }
}

TEST_CASE("an extensible header is read by what it extends") {
  std::string format = fmt({.tag = 0xfffe, .channels = 2, .block = 4});
  format.replace(4, 4, little(40, 4));
  format += little(22, 2) + little(16, 2) + little(3, 4) + little(1, 2) +
            std::string("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71", 14);
  const AudioFacts facts = probe("x.wav", riff(format + chunk("data", std::string(32'000, 'x'))));
  CHECK(facts.state == AudioState::sound);
  CHECK(facts.form == "wav/pcm");
  CHECK(facts.duration_ms == 1000);
}

TEST_CASE("samples told apart count for a last block that is not full, and no further") {
  const Format gsm{.tag = 0x31, .block = 65, .bits = 0, .block_samples = 320};
  CHECK(probe("x.wav", wav(gsm, 650, chunk("fact", little(3000, 4)))).duration_ms == 375);
  CHECK(probe("x.wav", wav(gsm, 650, chunk("fact", little(2000, 4)))).duration_ms == 400);
  CHECK(probe("x.wav", wav(gsm, 650, chunk("fact", little(4000, 4)))).duration_ms == 400);
}

TEST_CASE("chunks around the sound are gone by") {
  const std::string list = chunk("LIST", std::string(1001, 'i'));
  CHECK(probe("x.wav", wav({}, 16'000, list)).state == AudioState::sound);
  CHECK(probe("x.wav", wav({}, 16'000, list)).duration_ms == 1000);
  const std::string large = chunk("LIST", std::string(10'000, 'i'));
  CHECK(probe("x.wav", wav({}, 16'000, {}, large)).state == AudioState::sound);
  // Sound that begins behind all that is looked at.
  const AudioFacts far = probe("x.wav", wav({}, 16'000, chunk("LIST", std::string(70'000, 'i'))));
  CHECK(far.state == AudioState::unknown);
  CHECK_FALSE(far.duration_ms);
}

TEST_CASE("sizes that a writer could not know are those of the file") {
  const std::string file = wav(kALaw, 8000);
  for (const auto& [riff_size, data_size] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, 0}, {kUnknownSize, kUnknownSize}, {0x7fff'f032, 0x7fff'f000}, {36, 0}}) {
    CAPTURE(riff_size, data_size);
    const AudioFacts facts = probe("x.wav", with_sizes(file, riff_size, data_size));
    CHECK(facts.state == AudioState::sound);
    CHECK(facts.duration_ms == 1000);
  }
}

TEST_CASE("RF64 has its sizes in a chunk of its own") {
  const auto rf64 = [](std::uint64_t data_size) {
    std::string file =
        "RF64" + little(kUnknownSize, 4) + "WAVE" +
        chunk("ds64", little(data_size + 72, 8) + little(data_size, 8) + little(0, 12)) +
        fmt(kALaw) + "data" + little(kUnknownSize, 4) + std::string(8000, 'x');
    return probe("x.wav", file);
  };
  CHECK(rf64(8000).state == AudioState::sound);
  CHECK(rf64(8000).duration_ms == 1000);
  const std::uint64_t huge = std::uint64_t{5} << 32U;
  CHECK(rf64(huge).state == AudioState::truncated);
  CHECK(rf64(huge).duration_ms == 2'684'354'560);
}

TEST_CASE("a file without sound is empty") {
  for (const std::string name : {"x.wav", "a.b/x", "x.MP3", "x.gsm"}) {
    CAPTURE(name);
    CHECK(probe(name, "").state == AudioState::empty);
  }
  CHECK(probe("x.txt", "").state == AudioState::unknown);
  CHECK(probe("x.wav", wav({}, 0)).state == AudioState::empty);
  CHECK(probe("x.wav", wav({}, 0, {}, chunk("LIST", "abcd"))).state == AudioState::empty);
  CHECK(probe("x.wav", with_sizes(wav({}, 0), 1036, 1000)).state == AudioState::empty);
  CHECK(probe("x.wav", riff(fmt({}))).state == AudioState::empty);
}

TEST_CASE("a header that promises more than there is: truncated, with the length it promises") {
  const std::string file = wav({}, 160'000);
  for (const std::size_t size : {std::size_t{46}, std::size_t{1000}, file.size() - 1}) {
    CAPTURE(size);
    const AudioFacts facts = probe("x.wav", file.substr(0, size));
    CHECK(facts.state == AudioState::truncated);
    CHECK(facts.duration_ms == 10'000);
  }
  CHECK(probe("x.wav", wav({}, 10, chunk("LIST", std::string(900, 'i'))).substr(0, 500)).state ==
        AudioState::truncated);
}

TEST_CASE("a header that contradicts itself, or what follows it, lies") {
  const Format wrong[] = {{.channels = 0},
                          {.rate = 0},
                          {.block = 0},
                          {.block = 4},
                          {.bits = 8},
                          {.tag = 6, .bits = 16, .block_samples = 0},
                          {.tag = 0x31, .block = 65},
                          {.tag = 2, .channels = 0}};
  for (Format format : wrong) {
    if (format.tag == 6) format.block = 1;
    CAPTURE(format.tag, format.channels, format.rate, format.block, format.bits);
    CHECK(probe("x.wav", wav(format, 16'000)).state == AudioState::lying);
  }
  // A recorder that went down before it mended its header.
  CHECK(probe("x.wav", with_sizes(wav({}, 160'000), 36 + 16'000, 16'000)).state ==
        AudioState::lying);
  CHECK(probe("x.wav", with_sizes(wav({}, 160'000), 36 + 160'000, 16'000)).state ==
        AudioState::lying);
  // A small tag behind the end is none of it.
  CHECK(probe("x.wav", wav({}, 16'000) + std::string(128, 't')).state == AudioState::sound);
}

TEST_CASE("what is called audio and is none is unreadable, other files are not judged") {
  for (const std::string name : {"x.wav", "x.WAV", "x.mp3", "x.ogg", "x.au", "x.amr", "x.gsm"}) {
    CAPTURE(name);
    CHECK(probe(name, std::string(5000, '\0')).state == AudioState::unreadable);
    CHECK(probe(name, "RIFF").state == AudioState::unreadable);
  }
  CHECK(probe("x.wav", riff(chunk("data", "abcd"))).state == AudioState::unreadable);
  CHECK(probe("x.wav", riff(chunk("fmt ", "short") + chunk("data", "abcd"))).state ==
        AudioState::unreadable);
  for (const std::string name : {"x.txt", "x.m4a", "x"}) {
    CAPTURE(name);
    CHECK(probe(name, std::string(5000, '\0')).state == AudioState::unknown);
  }
}

TEST_CASE("bytes are believed before names") {
  CHECK(probe("x.mp3", wav({}, 16'000)).form == "wav/pcm");
  CHECK(probe("x", wav({}, 16'000)).duration_ms == 1000);
  CHECK(probe("x.wav", real_file("vorbis.ogg")).form == "ogg/vorbis");
  CHECK(probe("x.wav", real_file("info.mp3")).form == "mp3");
}

TEST_CASE("au says its sizes from the front, big end first") {
  const auto au = [](std::uint32_t size, std::uint32_t encoding, std::size_t data) {
    return ".snd" + big(24) + big(size) + big(encoding) + big(8000) + big(1) +
           std::string(data, 'x');
  };
  CHECK(probe("x.au", au(8000, 1, 8000)).state == AudioState::sound);
  CHECK(probe("x.au", au(8000, 1, 8000)).duration_ms == 1000);
  CHECK(probe("x.au", au(8000, 1, 8000)).form == "au/mu-law");
  CHECK(probe("x.au", au(kUnknownSize, 27, 8000)).duration_ms == 1000);
  CHECK(probe("x.au", au(8000, 3, 8000)).duration_ms == 500);
  CHECK(probe("x.au", au(8000, 23, 8000)).duration_ms == 2000);
  CHECK(probe("x.au", au(8000, 1, 7999)).state == AudioState::truncated);
  CHECK(probe("x.au", au(0, 1, 0)).state == AudioState::empty);
  CHECK(probe("x.au", au(8000, 99, 8000)).state == AudioState::unknown);
}

TEST_CASE("sound without a header is as long as its bytes, by its name") {
  CHECK(probe("x.alaw", std::string(8000, 'x')).duration_ms == 1000);
  CHECK(probe("x.ul", std::string(8000, '\xff')).duration_ms == 1000);
  CHECK(probe("x.sln", std::string(16'000, 'x')).duration_ms == 1000);
  CHECK(probe("x.sln", std::string(16'001, 'x')).state == AudioState::truncated);
  CHECK(probe("x.g729", std::string(1000, 'x')).duration_ms == 1000);
  const std::string gsm = real_file("raw.gsm");
  CHECK(probe("x.gsm", gsm).duration_ms == 1500);
  CHECK(probe("x.gsm", gsm.substr(0, gsm.size() - 1)).state == AudioState::truncated);
  CHECK(probe("x.gsm", gsm.substr(1)).state == AudioState::unreadable);
}

TEST_CASE("real files of other programs") {
  struct Case {
    const char* name;
    std::string_view form;
    std::int64_t duration_ms;
  };
  for (const Case& one : {Case{"gsm.wav", "wav/gsm", 1500},
                          {"ima-adpcm.wav", "wav/ima-adpcm", 1500},
                          {"ms-adpcm.wav", "wav/ms-adpcm", 1500},
                          {"vorbis.ogg", "ogg/vorbis", 1500},
                          {"opus.ogg", "ogg/opus", 1500},
                          {"speex.ogg", "ogg/speex", 1500},
                          {"narrow.amr", "amr", 1500},
                          {"pcm.flac", "flac", 1500},
                          // Whole frames of 72 ms, and what the encoder puts before the sound.
                          {"frames.mp3", "mp3", 1656},
                          {"info.mp3", "mp3", 1656},
                          {"xing-id3.mp3", "mp3", 1656}}) {
    CAPTURE(one.name);
    const AudioFacts facts = probe(one.name, real_file(one.name));
    CHECK(facts.state == AudioState::sound);
    CHECK(facts.form == one.form);
    CHECK(facts.channels == 1);
    CHECK(facts.rate == 8000);
    CHECK(facts.duration_ms == one.duration_ms);
  }
}

TEST_CASE("a long MP3 of one rate of bits is as long as its bytes, a varying one is not guessed") {
  const std::string frames = real_file("frames.mp3");
  std::string constant;
  for (int i = 0; i < 100; ++i) constant += frames;  // 100 times 23 frames of 72 bytes and 72 ms
  CHECK(probe("x.mp3", constant).duration_ms == 165'600);
  CHECK(probe("x.mp3", constant + "TAG" + std::string(125, ' ')).duration_ms == 165'600);
  CHECK(probe("x.mp3", std::string(100, '\0') + constant).duration_ms == 165'600);
  std::string varying = constant;
  varying[72 * 50 + 2] = static_cast<char>(varying[72 * 50 + 2] + 0x10);  // 16 kilobits
  varying.insert(72 * 51, std::string(72, '\0'));
  const AudioFacts facts = probe("x.mp3", varying);
  CHECK(facts.state == AudioState::sound);
  CHECK_FALSE(facts.duration_ms);
}

TEST_CASE("frames told by an MP3's first frame are believed, and bytes that are missing seen") {
  const std::string info = real_file("info.mp3");
  CHECK(probe("x.mp3", info.substr(0, info.size() / 2)).state == AudioState::truncated);
  CHECK(probe("x.mp3", info.substr(0, info.size() / 2)).duration_ms == 1656);
}

TEST_CASE("a VBRI header is read") {
  std::string file = real_file("info.mp3");
  const std::size_t info = file.find("Info");
  REQUIRE(info != std::string::npos);
  file.replace(info, 4, std::string(4, '\0'));
  file.replace(
      36, 18,
      "VBRI" + std::string(6, '\0') + big(static_cast<std::uint32_t>(file.size())) + big(1000));
  CHECK(probe("x.mp3", file).duration_ms == 72'000);
}

TEST_CASE("an Ogg file that ends in mid-page is truncated") {
  for (const std::string name : {"vorbis.ogg", "opus.ogg", "speex.ogg"}) {
    CAPTURE(name);
    const std::string file = real_file(name);
    const std::size_t last = file.rfind("OggS");
    CHECK(probe(name, file.substr(0, file.size() - 1)).state == AudioState::truncated);
    CHECK(probe(name, file.substr(0, last + 10)).state == AudioState::truncated);
    CHECK(probe(name, file.substr(0, 20)).state == AudioState::truncated);
  }
  // The pages of its headers alone.
  const std::string opus = real_file("opus.ogg");
  const std::size_t third = opus.find("OggS", opus.find("OggS", 4) + 4);
  CHECK(probe("x.opus", opus.substr(0, third)).state == AudioState::empty);
}

TEST_CASE("a long AMR file is as long as its bytes if its frames are alike") {
  const std::string frames = real_file("narrow.amr").substr(6);
  std::string file = "#!AMR\n";
  for (int i = 0; i < 100; ++i) file += frames;
  CHECK(probe("x.amr", file).duration_ms == 150'000);
  CHECK(probe("x.amr", "#!AMR\n").state == AudioState::empty);
  CHECK(probe("x.amr", file.substr(0, 500)).state == AudioState::sound);
  CHECK(probe("x.amr", "#!AMR\n\x04" + std::string(5, 'x')).state == AudioState::truncated);
  CHECK(probe("x.amr", "#!AMR\n\x58").state == AudioState::lying);
}

TEST_CASE("sizes beyond all measure make no length") {
  std::string file = wav({.rate = 1, .block = 1, .bits = 8}, 10);
  file.replace(0, 4, "RF64");
  const std::string sizes = chunk("ds64", std::string(16, '\xfe') + little(0, 12));
  file.insert(12, sizes);
  file = with_sizes(file, kUnknownSize, kUnknownSize);
  CHECK_FALSE(probe("x.wav", file).duration_ms);
  std::string ogg = real_file("speex.ogg");
  ogg.replace(ogg.rfind("OggS") + 6, 8, std::string(7, '\xff') + '\x0f');
  CHECK_FALSE(probe("x.ogg", ogg).duration_ms);
  const std::string amr = "#!AMR\n\x04" + std::string(12, 'x');
  CHECK_FALSE(probe_audio("x.amr", view_of(amr), {}, std::uint64_t{1} << 63U).duration_ms);
}

}  // namespace holdfast::records
