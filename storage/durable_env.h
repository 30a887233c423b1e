#pragma once

#include <leveldb/env.h>

#include <cstdint>
#include <string>

#include "storage/durable_file.h"
#include "storage/file_system.h"

namespace paxos::storage {

// LevelDB's view of the system, with what a consensus log needs and LevelDB's own leaves out:
//
//  - a new file's name is durable before its content counts, and so is the renaming of CURRENT;
//  - log files are filled with zeros ahead of the data, so that a sync is one write (FileGrowth);
//  - a log or MANIFEST is read up to its true end (log_end.h), or not at all;
//  - after the first failure nothing is written, renamed or removed any more (DurableFiles).
class DurableEnv final : public leveldb::EnvWrapper {
 public:
  // `files` must outlive the env.
  DurableEnv(FileSystem& files, const FileGrowth& log_growth);

  // Syncs of files and directories that were asked for; from any thread.
  std::uint64_t syncs() const { return written_.syncs(); }

  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** result) override;
  // Appending to an old log (reuse_logs) would hide where its torn end was.
  leveldb::Status NewAppendableFile(const std::string& path,
                                    leveldb::WritableFile** result) override;
  leveldb::Status NewSequentialFile(const std::string& path,
                                    leveldb::SequentialFile** result) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status RemoveFile(const std::string& path) override;

 private:
  Status SyncDirectoryOf(const std::string& path);

  FileSystem& files_;
  FileGrowth log_growth_;
  DurableFiles written_;
};

}  // namespace paxos::storage
