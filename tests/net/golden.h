// Files that pin bytes: tests/<part>/golden/<name>.hex holds a frame as it travels, in hex, under a
// comment that says what it is. A test that differs from its file means that this build no longer
// understands its own past: either the change is a mistake, or it needs a new format version.
//
// To write the files anew, run bin/net_test and bin/lockservice_test with QUORATE_WRITE_GOLDEN=1
// and
// --gtest_filter='*Golden*', then read the difference.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "paxos/archive.h"
#include "paxos/frame.h"

namespace golden {

inline std::string Hex(const std::string& bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  constexpr std::size_t kBytesPerLine = 20;  // a frame's header is the first line
  std::string hex;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
    hex += (i + 1) % kBytesPerLine == 0 || i + 1 == bytes.size() ? '\n' : ' ';
  }
  return hex;
}

inline std::string FileText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Comments are for readers: how a value prints may change.
inline std::string WithoutComments(const std::string& text) {
  std::stringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('#')) out += line + '\n';
  }
  return out;
}

// `part` is a folder of tests/. The value's frame must be the file's, and must read back as it was.
template <class T>
void ExpectPinned(const std::string& part, const std::string& name, paxos::FrameType type,
                  const T& value) {
  std::string frame;
  paxos::AppendFrame(type, 0, value, &frame);
  const std::string path =
      std::string(QUORATE_SOURCE_DIR) + "/tests/" + part + "/golden/" + name + ".hex";
  if (std::getenv("QUORATE_WRITE_GOLDEN") != nullptr) {
    std::ofstream(path) << "# " << paxos::ToText(value) << '\n' << Hex(frame);
  }
  EXPECT_EQ(Hex(frame), WithoutComments(FileText(path))) << path;

  std::size_t consumed = 0;
  const auto read = paxos::FrameReader().Next(frame, &consumed);
  ASSERT_TRUE(read.has_value() && read->has_value());
  const auto decoded = paxos::Decode<T>((*read)->payload);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().ToString();
  EXPECT_TRUE(*decoded == value);
}

}  // namespace golden
