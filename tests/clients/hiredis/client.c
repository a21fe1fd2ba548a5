/* hiredis, told what to do by ../driver.ts: one line in, one line out. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGS 16
#define STRING(x) STRING_(x)
#define STRING_(x) #x

static void put_hex(const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) printf("%02x", (unsigned char)bytes[i]);
}

static void put_reply(const redisReply *reply) {
  switch (reply->type) {
    case REDIS_REPLY_NIL: printf("_"); break;
    case REDIS_REPLY_INTEGER: printf(":%lld", reply->integer); break;
    case REDIS_REPLY_ERROR: printf("!REDIS_REPLY_ERROR:"); put_hex(reply->str, reply->len); break;
    case REDIS_REPLY_ARRAY:
      printf("*%zu", (size_t)reply->elements);
      for (size_t i = 0; i < reply->elements; i++) {
        printf(" ");
        put_reply(reply->element[i]);
      }
      break;
    default: printf("$"); put_hex(reply->str, reply->len);
  }
}

static const char *name_of(int error) {
  switch (error) {
    case REDIS_ERR_IO: return "REDIS_ERR_IO";
    case REDIS_ERR_EOF: return "REDIS_ERR_EOF";
    default: return "REDIS_ERR_OTHER";
  }
}

/* Prints a reply, or what is wrong with the connection, which is then made anew. */
static void put_answer(redisContext *client, redisReply *reply) {
  if (reply != NULL) {
    put_reply(reply);
    freeReplyObject(reply);
    return;
  }
  printf("!%s:", name_of(client->err));
  put_hex(client->errstr, strlen(client->errstr));
  redisReconnect(client);
}

static void push_all(redisContext *client, const char *queue, size_t length, int count) {
  for (int i = 0; i < count; i++) redisAppendCommand(client, "QLPUSH %b %d %d", queue, length, i, i);
  printf("*%d", count);
  for (int i = 0; i < count; i++) {
    void *reply = NULL;
    redisGetReply(client, &reply);
    printf(" ");
    put_answer(client, reply);
  }
}

static size_t from_hex(char *word) {
  if (strcmp(word, "-") == 0) word[0] = '\0';
  size_t length = strlen(word) / 2;
  for (size_t i = 0; i < length; i++) {
    char pair[3] = {word[2 * i], word[2 * i + 1], '\0'};
    word[i] = (char)strtol(pair, NULL, 16);
  }
  word[length] = '\0';
  return length;
}

int main(void) {
  redisContext *client = NULL;
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, stdin) > 0) {
    const char *verb = strtok(line, " \n");
    const char *args[MAX_ARGS];
    size_t lengths[MAX_ARGS];
    int count = 0;
    for (char *word; count < MAX_ARGS && (word = strtok(NULL, " \n")) != NULL; count++) {
      lengths[count] = from_hex(word);
      args[count] = word;
    }
    if (strcmp(verb, "version") == 0) {
      const char *version = STRING(HIREDIS_MAJOR) "." STRING(HIREDIS_MINOR) "." STRING(HIREDIS_PATCH);
      printf("$");
      put_hex(version, strlen(version));
    } else if (strncmp(verb, "open", 4) == 0) {
      client = redisConnect("127.0.0.1", atoi(args[0]));
      put_answer(client, redisCommand(client, "PING"));
    } else if (strcmp(verb, "pipeline") == 0) {
      push_all(client, args[0], lengths[0], atoi(args[1]));
    } else {
      put_answer(client, redisCommandArgv(client, count, args, lengths));
    }
    printf("\n");
    fflush(stdout);
  }
  free(line);
  if (client != NULL) redisFree(client);
  return 0;
}
