#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace paxos::storage {

// A directory that goes away with the test. In memory if the machine offers that: these tests
// pretend to lose power, a real disk would only make them slow.
class TempDirectory {
 public:
  TempDirectory() : path_(Root() + "quorate-storage-XXXXXX") {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr) << path_;
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  static std::string Root() {
    return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : testing::TempDir();
  }

  std::string path_;
};

}  // namespace paxos::storage
