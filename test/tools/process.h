#pragma once
// Programs run as processes, the pawl command first, with their output read through pipes and every
// wait bounded: a test never hangs on a child.
//
// Threads: one at a time.
// Errors: the constructor throws std::system_error; a wait that is over says so by value.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace pawl::test {

// What a process left behind. An exit by a signal has the code -signal.
struct Finished {
  int code = 0;
  std::string out;
  std::string err;
};

class Process {
 public:
  static constexpr std::chrono::seconds kPatience{20};

  // Starts argv[0] (a path) with its standard streams as pipes. `environment` ("NAME=value") is
  // added to that of the test, without what begins with DD_.
  explicit Process(const std::vector<std::string>& argv,
                   const std::vector<std::string>& environment = {});
  ~Process();  // kills it when it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Writes to its standard input; tells whether all was taken in time.
  bool write(std::string_view text);
  void close_stdin();
  void close_stdout();
  void kill(int signal) const;

  // Read until `text` is in its standard error or output; give all of it so far, or nullopt when it
  // ends or the time is over before.
  std::optional<std::string> wait_for_error(std::string_view text);
  std::optional<std::string> wait_for_output(std::string_view text);

  // Closes its input, reads to the end of both outputs, and waits for the exit. nullopt when the
  // time is over.
  std::optional<Finished> finish();

 private:
  using Time = std::chrono::steady_clock::time_point;
  // Reads once from what has something; false at the deadline, and when both outputs have ended.
  bool read_some(Time deadline);
  void read_from(int& descriptor, std::string& to) const;
  std::optional<std::string> wait_for(std::string_view text, const std::string& in);
  std::optional<int> wait_for_exit(Time deadline);

  pid_t pid_ = -1;
  int pid_descriptor_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::string err_text_;
};

// Gives the path of the built command: PAWL_COMMAND of the environment, which the build sets.
std::string pawl_command();

// Runs the command to its end. A case that does not end fails the test.
Finished run_pawl(const std::vector<std::string>& arguments, std::string_view input = {});

bool is_one_line(const std::string& text);

// Checks that it ended as for arguments that make no sense: with 2, nothing on its output, and one
// line that names what is wrong.
void check_misuse(const Finished& finished, std::string_view named);

}  // namespace pawl::test
