#include "storage/durable_env.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "storage/leveldb_terms.h"
#include "storage/log_end.h"

namespace paxos::storage {
namespace {

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool IsLog(std::string_view path) { return path.ends_with(".log"); }
bool IsManifest(std::string_view path) { return NameOf(path).starts_with("MANIFEST-"); }

// A file that seems to end at a given offset.
class CutFile final : public leveldb::SequentialFile {
 public:
  CutFile(std::unique_ptr<leveldb::SequentialFile> file, std::uint64_t end)
      : file_(std::move(file)), left_(end) {}

  leveldb::Status Read(std::size_t count, leveldb::Slice* result, char* scratch) override {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(count, left_));
    leveldb::Status status = file_->Read(wanted, result, scratch);
    if (status.ok()) left_ -= result->size();
    return status;
  }

  leveldb::Status Skip(std::uint64_t count) override {
    const std::uint64_t skipped = std::min(count, left_);
    left_ -= skipped;
    return file_->Skip(skipped);
  }

 private:
  std::unique_ptr<leveldb::SequentialFile> file_;
  std::uint64_t left_;
};

}  // namespace

DurableEnv::DurableEnv(FileSystem& files, const FileGrowth& log_growth)
    : EnvWrapper(leveldb::Env::Default()), files_(files), log_growth_(log_growth) {}

Status DurableEnv::SyncDirectoryOf(const std::string& path) {
  written_.CountSync();
  return files_.SyncDirectory(DirectoryOf(path));
}

leveldb::Status DurableEnv::NewWritableFile(const std::string& path,
                                            leveldb::WritableFile** result) {
  *result = nullptr;
  if (written_.failed()) return ToLevelDb(written_.failure());
  Result<std::unique_ptr<File>> file = files_.Create(path);
  if (!file) return ToLevelDb(written_.Watch(file.error()));
  // The temporary file that becomes CURRENT is made durable by its renaming.
  if (!path.ends_with(".dbtmp")) {
    const Status synced = written_.Watch(SyncDirectoryOf(path));
    if (!synced.ok()) return ToLevelDb(synced);
  }
  const FileGrowth growth = IsLog(path) ? log_growth_ : FileGrowth{};
  *result = new DurableFile(*std::move(file), growth, written_);
  return leveldb::Status::OK();
}

leveldb::Status DurableEnv::NewAppendableFile(const std::string& path,
                                              leveldb::WritableFile** result) {
  *result = nullptr;
  return leveldb::Status::NotSupported("append to " + path);
}

leveldb::Status DurableEnv::NewSequentialFile(const std::string& path,
                                              leveldb::SequentialFile** result) {
  *result = nullptr;
  leveldb::SequentialFile* whole = nullptr;
  if (leveldb::Status s = EnvWrapper::NewSequentialFile(path, &whole); !s.ok()) return s;
  auto owned = std::unique_ptr<leveldb::SequentialFile>(whole);
  if (IsLog(path) || IsManifest(path)) {
    const LogKind kind = IsLog(path) ? LogKind::kWriteBatches : LogKind::kManifest;
    const Result<std::uint64_t> end = FindLogEnd(path, kind);
    if (!end) return ToLevelDb(end.error());
    owned = std::make_unique<CutFile>(std::move(owned), *end);
  }
  *result = owned.release();
  return leveldb::Status::OK();
}

// CURRENT names the MANIFEST that counts. The other file that is renamed is LevelDB's LOG, which
// only people read.
leveldb::Status DurableEnv::RenameFile(const std::string& from, const std::string& to) {
  if (NameOf(to) != "CURRENT") return EnvWrapper::RenameFile(from, to);
  if (written_.failed()) return ToLevelDb(written_.failure());
  Status status = files_.Rename(from, to);
  if (status.ok()) status = SyncDirectoryOf(to);
  return ToLevelDb(written_.Watch(status));
}

leveldb::Status DurableEnv::RemoveFile(const std::string& path) {
  if (written_.failed()) return ToLevelDb(written_.failure());
  return ToLevelDb(files_.Remove(path));
}

}  // namespace paxos::storage
