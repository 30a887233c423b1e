// The whole way: real servers, real kills, the history that clients wrote, and lockcheck, which
// must accept it as it is and reject it once it has been tampered with.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr int kClean = 0;
constexpr int kUnreadable = 65;
constexpr int kViolation = 70;

using Lines = std::vector<std::string>;

int ExitCodeOf(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Lines ReadLines(const std::string& path) {
  std::ifstream file(path);
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// Puts `value` in place of the number or word after "key":.
void Replace(std::string& line, const std::string& key, const std::string& value) {
  const std::size_t begin = line.find("\"" + key + "\":") + key.size() + 3;
  line.replace(begin, line.find_first_of(",}", begin) - begin, value);
}

std::string ValueOf(const std::string& line, const std::string& key) {
  const std::size_t begin = line.find("\"" + key + "\":") + key.size() + 3;
  return line.substr(begin, line.find_first_of(",}", begin) - begin);
}

std::vector<std::size_t> LinesOf(const Lines& lines, const std::string& kind) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].rfind("{\"" + kind + "\"", 0) == 0) found.push_back(i);
  return found;
}

// One run of lockbench for all tests: it takes seconds.
class NemesisProcessTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string made = (fs::temp_directory_path() / "nemesis-XXXXXX").string();
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    directory_ = made;
    bin_ = fs::path(LOCKD_PATH).parent_path().string();
    exit_code_ =
        ExitCodeOf(bin_ + "/lockbench --spawn 3 --nemesis kill-leader --strikes 2 --keep --dir " +
                   directory_ + " --history " + directory_ + "/history");
  }
  static void TearDownTestSuite() { fs::remove_all(directory_); }

  // lockcheck's exit code for the history after `tamper` has had it.
  static int Judge(const std::function<void(Lines&)>& tamper) {
    Lines lines = ReadLines(directory_ + "/history");
    tamper(lines);
    const std::string path = directory_ + "/tampered";
    std::ofstream file(path, std::ios::trunc);
    for (const std::string& line : lines) file << line << '\n';
    file.close();
    std::string command = bin_ + "/lockcheck --history " + path;
    for (const auto& kept : fs::directory_iterator(directory_)) {
      if (!kept.is_directory()) continue;
      for (const char* node : {"n1", "n2", "n3"})
        command += " --data " + (kept.path() / node).string();
    }
    return ExitCodeOf(command);
  }

  inline static std::string directory_{};
  inline static std::string bin_{};
  inline static int exit_code_ = -1;
};

TEST_F(NemesisProcessTest, NothingIsLostWhenTheLeaderIsKilled) {
  ASSERT_EQ(exit_code_, kClean);
  EXPECT_EQ(Judge([](Lines& /*lines*/) {}), kClean);
}

TEST_F(NemesisProcessTest, WhatClientsLivedThroughHasAnOrder) {
  ASSERT_EQ(exit_code_, kClean);
  const std::string check = bin_ + "/paxsim check " + directory_;
  EXPECT_EQ(ExitCodeOf(check + "/history"), kClean);
  Lines lines = ReadLines(directory_ + "/history");
  const std::vector<std::size_t> deals = LinesOf(lines, "Deal");
  const auto released = std::find_if(deals.begin(), deals.end(), [&](std::size_t deal) {
    return ValueOf(lines[deal], "outcome") == "\"released\"";
  });
  ASSERT_NE(released, deals.end());
  Replace(lines[*released], "outcome", "\"not owner\"");
  std::ofstream file(directory_ + "/denied", std::ios::trunc);
  for (const std::string& line : lines) file << line << '\n';
  file.close();
  EXPECT_EQ(ExitCodeOf(check + "/denied"), 1);
}

void PutBefore(std::string& line, const std::string& place, const std::string& text) {
  line.insert(line.find(place), text);
}

struct Tampering {
  const char* what;
  std::function<void(Lines&)> with;
  int verdict = kViolation;
};

const std::vector<Tampering> kTamperings = {
    {"a belief reaches into the next one",
     [](Lines& lines) {
       Replace(lines[LinesOf(lines, "Belief").front()], "end", "9000000000000000000");
     }},
    {"a token goes back",
     [](Lines& lines) {
       const std::vector<std::size_t> beliefs = LinesOf(lines, "Belief");
       Replace(lines[beliefs.back()], "token", ValueOf(lines[beliefs.front()], "token"));
     }},
    {"an acknowledged command is in no log",
     [](Lines& lines) { Replace(lines[LinesOf(lines, "Answer").back()], "seq", "1000000"); }},
    {"a client was told something else",
     [](Lines& lines) { PutBefore(lines[LinesOf(lines, "Answer").front()], "\"}}", "!"); }},
    {"the file ends in the middle of a line", [](Lines& lines) { lines.back().pop_back(); },
     kUnreadable},
};

TEST_F(NemesisProcessTest, AHistoryThatWasTamperedWithIsRejected) {
  ASSERT_EQ(exit_code_, kClean);  // else there is no history
  for (const Tampering& tampering : kTamperings)
    EXPECT_EQ(Judge(tampering.with), tampering.verdict) << tampering.what;
}

}  // namespace
