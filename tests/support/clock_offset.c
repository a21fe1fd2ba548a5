/* Preloaded into a redis-server: adds the seconds in the file CLOCK_OFFSET to its clock. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static int file = -1;

__attribute__((constructor)) static void open_file(void) {
  const char *path = getenv("CLOCK_OFFSET");
  if (path) file = open(path, O_RDONLY | O_CLOEXEC);
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  int result = syscall(SYS_gettimeofday, time, zone);
  char text[16] = { 0 };
  if (result == 0 && file >= 0 && pread(file, text, sizeof text - 1, 0) > 0) time->tv_sec += atol(text);
  return result;
}
