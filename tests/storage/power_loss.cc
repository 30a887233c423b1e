#include "tests/storage/power_loss.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace paxos::storage {
namespace {

constexpr std::size_t kSectorBytes = 512;

void Overwrite(std::string* content, std::uint64_t offset, std::string_view bytes) {
  if (content->size() < offset + bytes.size()) content->resize(offset + bytes.size(), '\0');
  std::copy(bytes.begin(), bytes.end(), content->begin() + static_cast<std::ptrdiff_t>(offset));
}

// Where the sectors of a write are cut in two.
std::size_t MiddleOf(std::uint64_t offset, std::size_t bytes) {
  const std::uint64_t middle = (offset + bytes / 2) / kSectorBytes * kSectorBytes;
  return middle <= offset ? 0 : static_cast<std::size_t>(middle - offset);
}

}  // namespace

void SimulatedDisk::Apply(const RecordedCall& call) {
  switch (call.call) {
    case Call::kCreate:
      inodes_[call.file] = {};
      inode_of_file_[call.file] = call.file;
      names_.inodes[call.path] = call.file;
      break;
    case Call::kOpenExisting:
      inode_of_file_[call.file] = names_.inodes.at(call.path);
      break;
    case Call::kWriteAt:
      inodes_[inode_of_file_.at(call.file)].unsynced.emplace_back(call.offset, call.bytes);
      break;
    case Call::kSync: {
      Inode& inode = inodes_[inode_of_file_.at(call.file)];
      for (const auto& [offset, bytes] : inode.unsynced) Overwrite(&inode.synced, offset, bytes);
      inode.unsynced.clear();
      break;
    }
    case Call::kRename:
      names_.inodes[call.to] = names_.inodes.at(call.path);
      names_.inodes.erase(call.path);
      break;
    case Call::kRemove:
      names_.inodes.erase(call.path);
      break;
    case Call::kCreateDirectory:
      names_.directories.insert(call.path);
      break;
    case Call::kSyncDirectory:
      SyncDirectory(call.path);
      break;
  }
}

void SimulatedDisk::SyncDirectory(const std::string& path) {
  const auto is_in = [&](const std::string& name) { return DirectoryOf(name) == path; };
  std::erase_if(synced_names_.inodes, [&](const auto& name) { return is_in(name.first); });
  for (const auto& [name, inode] : names_.inodes) {
    if (is_in(name)) synced_names_.inodes[name] = inode;
  }
  for (const std::string& name : names_.directories) {
    if (is_in(name)) synced_names_.directories.insert(name);
  }
}

void SimulatedDisk::LosePower(Unsynced unsynced) {
  names_ = NamesAfter(unsynced);
  synced_names_ = names_;
  for (auto& [number, inode] : inodes_) inode = Inode{ContentOf(inode, unsynced), {}};
}

SimulatedDisk::Names SimulatedDisk::NamesAfter(Unsynced unsynced) const {
  if (unsynced != Unsynced::kLost && unsynced != Unsynced::kRemovalsFirst) return names_;
  Names names = synced_names_;
  if (unsynced == Unsynced::kRemovalsFirst) {
    std::erase_if(names.inodes, [this](const auto& name) {
      return names_.inodes.find(name.first) == names_.inodes.end();
    });
  }
  return names;
}

std::string SimulatedDisk::ContentOf(const Inode& inode, Unsynced unsynced) {
  std::string content = inode.synced;
  if (unsynced == Unsynced::kLost || unsynced == Unsynced::kNamesOnly ||
      unsynced == Unsynced::kRemovalsFirst) {
    return content;
  }
  for (std::size_t i = 0; i < inode.unsynced.size(); ++i) {
    const auto& [offset, bytes] = inode.unsynced[i];
    const std::size_t middle = MiddleOf(offset, bytes.size());
    const bool is_last = i + 1 == inode.unsynced.size();
    if (unsynced == Unsynced::kGarbage) {
      Overwrite(&content, offset, std::string(bytes.size(), '\x5a'));
    } else if (unsynced == Unsynced::kTorn && is_last) {
      Overwrite(&content, offset, std::string_view(bytes).substr(0, middle));
    } else if (unsynced == Unsynced::kReordered && is_last) {
      Overwrite(&content, offset + middle, std::string_view(bytes).substr(middle));
    } else if (unsynced != Unsynced::kReordered) {
      Overwrite(&content, offset, bytes);
    }
  }
  return content;
}

void SimulatedDisk::WriteImage(Unsynced unsynced, const std::string& root,
                               const std::string& copy) const {
  const Names names = NamesAfter(unsynced);
  const auto moved = [&](const std::string& path) { return copy + path.substr(root.size()); };
  std::filesystem::create_directories(copy);
  for (const std::string& path : names.directories) {
    std::filesystem::create_directories(moved(path));
  }
  for (const auto& [path, inode] : names.inodes) {
    std::filesystem::create_directories(DirectoryOf(moved(path)));
    std::ofstream(moved(path), std::ios::binary) << ContentOf(inodes_.at(inode), unsynced);
  }
}

}  // namespace paxos::storage
