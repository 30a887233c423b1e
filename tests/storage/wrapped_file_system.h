#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "storage/file_system.h"

namespace paxos::storage {

enum class Call {
  kCreate,
  kOpenExisting,
  kWriteAt,
  kSync,
  kRename,
  kRemove,
  kCreateDirectory,
  kSyncDirectory,
};

// A file system in which each call passes through one function first. Base of those that tests use.
class WrappedFileSystem : public FileSystem {
 public:
  // `target` must outlive it.
  explicit WrappedFileSystem(FileSystem* target) : target_(*target) {}

  Result<std::unique_ptr<File>> Create(const std::string& path) override {
    return Open(Call::kCreate, path, [&] { return target_.Create(path); });
  }
  Result<std::unique_ptr<File>> OpenExisting(const std::string& path) override {
    return Open(Call::kOpenExisting, path, [&] { return target_.OpenExisting(path); });
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return Around({.call = Call::kRename, .path = from, .to = to},
                  [&] { return target_.Rename(from, to); });
  }
  Status Remove(const std::string& path) override {
    return Around({.call = Call::kRemove, .path = path}, [&] { return target_.Remove(path); });
  }
  Status CreateDirectory(const std::string& path) override {
    return Around({.call = Call::kCreateDirectory, .path = path},
                  [&] { return target_.CreateDirectory(path); });
  }
  Status SyncDirectory(const std::string& path) override {
    return Around({.call = Call::kSyncDirectory, .path = path},
                  [&] { return target_.SyncDirectory(path); });
  }
  Result<std::uint64_t> FreeBytes(const std::string& path) override {
    return target_.FreeBytes(path);
  }

 protected:
  // What is about to happen.
  struct Intent {
    Call call = Call::kSync;
    std::string path{};
    std::string to{};  // kRename
    int file = 0;      // numbers what Create and OpenExisting gave, from 1
    std::uint64_t offset = 0;
    std::string_view bytes{};
  };

  // Carries it out with `act`, or not.
  virtual Status Around(const Intent& intent, const std::function<Status()>& act) = 0;

 private:
  class WrappedFile final : public File {
   public:
    WrappedFile(WrappedFileSystem& owner, std::unique_ptr<File> target, std::string path,
                int number)
        : owner_(owner), target_(std::move(target)), path_(std::move(path)), number_(number) {}

    Status WriteAt(std::uint64_t offset, std::string_view bytes) override {
      return owner_.Around({.call = Call::kWriteAt,
                            .path = path_,
                            .file = number_,
                            .offset = offset,
                            .bytes = bytes},
                           [&] { return target_->WriteAt(offset, bytes); });
    }
    Status Sync() override {
      return owner_.Around({.call = Call::kSync, .path = path_, .file = number_},
                           [&] { return target_->Sync(); });
    }

   private:
    WrappedFileSystem& owner_;
    std::unique_ptr<File> target_;
    std::string path_;
    int number_;
  };

  template <class Act>
  Result<std::unique_ptr<File>> Open(Call call, const std::string& path, Act act) {
    const int number = ++files_;
    std::unique_ptr<File> opened;
    const Status status = Around({.call = call, .path = path, .file = number}, [&] {
      auto file = act();
      if (!file) return file.error();
      opened = *std::move(file);
      return Status::Ok();
    });
    if (!status.ok()) return status;
    return std::unique_ptr<File>(
        std::make_unique<WrappedFile>(*this, std::move(opened), path, number));
  }

  FileSystem& target_;
  std::atomic<int> files_{0};
};

// Syncs nothing: for tests that don't lose power, or only pretend to.
class QuickFileSystem final : public WrappedFileSystem {
 public:
  QuickFileSystem() : WrappedFileSystem(&FileSystem::Posix()) {}
  static QuickFileSystem& Get() {
    static QuickFileSystem quick;
    return quick;
  }

 private:
  Status Around(const Intent& intent, const std::function<Status()>& act) override {
    const bool is_sync = intent.call == Call::kSync || intent.call == Call::kSyncDirectory;
    return is_sync ? Status::Ok() : act();
  }
};

}  // namespace paxos::storage
