#include "base/origin.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pawl::base {
namespace {

using std::string_view;

// A host with thousands of mounts has a long mountinfo; the client is made within a millisecond.
constexpr std::size_t kMaxFileBytes = std::size_t{256} << 10;

class File {
 public:
  // Non-blocking, so that a pipe in the place of a file cannot hold the caller up.
  explicit File(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Gives how many bytes came; 0 at the end and on an error.
  std::size_t read_some(char* to, std::size_t room) const {
    if (descriptor_ < 0) return 0;
    ssize_t got = 0;
    do got = read(descriptor_, to, room);
    while (got < 0 && errno == EINTR);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }

 private:
  const int descriptor_;
};

std::string read_file(const std::string& path) {
  const File file{path};
  std::string text;
  char block[4096];
  while (text.size() < kMaxFileBytes) {
    const std::size_t got = file.read_some(block, sizeof block);
    if (got == 0) return text;
    text.append(block, got);
  }
  text.resize(text.rfind('\n') + 1);  // the bound may have cut the last line
  return text;
}

// Gives the text before `end` and takes it, and `end`, from the front.
string_view take_until(string_view& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

bool all_hex(string_view text) { return std::all_of(text.begin(), text.end(), is_hex); }

// Only with dashes: servers refuse a line whose `c:` holds `_`, which others also take for one.
bool is_uuid(string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

// The last `size` bytes, unless a longer run of hex digits goes on before them: that is another
// kind of number, of which a part would name a container that there is not.
string_view suffix(string_view text, std::size_t size) {
  if (text.size() < size) return {};
  const std::size_t at = text.size() - size;
  return at > 0 && is_hex(text[at - 1]) ? string_view{} : text.substr(at);
}

// Tasks of ECS: 32 hex digits, a dash, decimal digits.
string_view task_suffix(string_view text) {
  const auto dash = text.rfind('-');
  if (dash == string_view::npos || dash + 1 == text.size()) return {};
  const string_view digits = text.substr(dash + 1);
  constexpr std::size_t kMaxDigits = 20;  // as many as a 64-bit number has
  if (digits.size() > kMaxDigits || !std::all_of(digits.begin(), digits.end(), is_digit)) return {};
  const string_view head = suffix(text.substr(0, dash), 32);
  if (head.empty() || !all_hex(head)) return {};
  return text.substr(dash - head.size());
}

string_view id_suffix(string_view path) {
  constexpr string_view kScope = ".scope";
  if (path.size() > kScope.size() && path.substr(path.size() - kScope.size()) == kScope) {
    path.remove_suffix(kScope.size());
  }
  if (const string_view id = suffix(path, 36); is_uuid(id)) return id;
  if (const string_view id = suffix(path, 64); !id.empty() && all_hex(id)) return id;
  return task_suffix(path);
}

// hierarchy-id:controllers:path; controllers are empty in the unified hierarchy.
struct CgroupLine {
  string_view controllers;
  string_view path;
};

std::optional<CgroupLine> parse_cgroup_line(string_view line) {
  const string_view number = take_until(line, ':');
  if (number.empty() || !std::all_of(number.begin(), number.end(), is_digit)) return std::nullopt;
  if (line.find(':') == string_view::npos) return std::nullopt;
  const string_view controllers = take_until(line, ':');
  if (line.empty()) return std::nullopt;
  return CgroupLine{controllers, line};
}

// Whole component: a UUID there is that of a pod, not of a container.
bool is_container_component(string_view part) {
  return (part.size() == 64 && all_hex(part)) ||
         (!part.empty() && task_suffix(part).size() == part.size());
}

struct Mounted {
  string_view parent;
  string_view id;
};

// The last `.../parent/id/...hostname` of one path.
std::optional<Mounted> find_mounted(string_view path) {
  const auto hostname = path.rfind("hostname");
  if (hostname == string_view::npos) return std::nullopt;
  path = path.substr(0, hostname);
  std::optional<Mounted> found;
  string_view parent;
  take_until(path, '/');
  while (path.find('/') != string_view::npos) {
    const string_view part = take_until(path, '/');
    if (!parent.empty() && is_container_component(part)) found = Mounted{parent, part};
    parent = part;
  }
  return found;
}

std::optional<std::uint64_t> inode_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return std::uint64_t{status.st_ino};
}

// A path with `..` in it leads out of what is mounted here: the process was moved into a cgroup
// that its namespace does not show.
bool leaves_mount(string_view path) {
  while (!path.empty()) {
    if (take_until(path, '/') == "..") return true;
  }
  return false;
}

// Inodes up to 2 are those of a file system's root, the same in every container.
std::string name_of_inode(const std::string& directory) {
  const auto inode = inode_of(directory);
  return inode && *inode > 2 ? "in-" + std::to_string(*inode) : std::string{};
}

std::string cgroup_inode(string_view cgroup_file, const std::string& mount, string_view wanted) {
  while (!cgroup_file.empty()) {
    const auto line = parse_cgroup_line(take_until(cgroup_file, '\n'));
    if (!line || line->controllers != wanted || leaves_mount(line->path)) continue;
    std::string directory = mount + '/';
    directory.append(wanted).append("/").append(line->path);
    std::string name = name_of_inode(directory);
    if (!name.empty()) return name;
  }
  return {};
}

}  // namespace

string_view container_in_cgroup(string_view file) noexcept {
  while (!file.empty()) {
    const auto line = parse_cgroup_line(take_until(file, '\n'));
    const string_view id = line ? id_suffix(line->path) : string_view{};
    if (!id.empty()) return id;
  }
  return {};
}

string_view container_in_mountinfo(string_view file) noexcept {
  while (!file.empty()) {
    string_view line = take_until(file, '\n');
    std::optional<Mounted> last;
    while (!line.empty()) {
      if (const auto found = find_mounted(take_until(line, ' '))) last = found;
    }
    // containerd mounts `hostname` from its sandbox, which is not the container.
    if (last && last->parent != "sandboxes") return last->id;
  }
  return {};
}

std::string find_container_id(const ProcPaths& paths) {
  const std::string cgroup = read_file(paths.cgroup);
  if (const string_view id = container_in_cgroup(cgroup); !id.empty()) {
    return std::string{"ci-"}.append(id);
  }
  const std::string mountinfo = read_file(paths.mountinfo);
  if (const string_view id = container_in_mountinfo(mountinfo); !id.empty()) {
    return std::string{"ci-"}.append(id);
  }
  // In the host's namespace the id would have been in the cgroup file.
  if (inode_of(paths.cgroup_namespace) == paths.host_namespace) return {};
  std::string name = cgroup_inode(cgroup, paths.cgroup_mount, "memory");
  return name.empty() ? cgroup_inode(cgroup, paths.cgroup_mount, "") : name;
}

}  // namespace pawl::base
