/** A script, and what is to be sent for it. */
export interface Case {
  readonly name: string
  readonly script: string
  readonly sent: readonly string[]
}

const raw = String.raw

/** Each statement that is expected here is accepted alone by a real server: see postgresql.long.test.ts. */
export const POSTGRESQL: readonly Case[] = [
  { name: 'two statements', script: 'SELECT 1; SELECT 2;', sent: ['SELECT 1', 'SELECT 2'] },
  { name: 'no semicolon at the end', script: 'SELECT 1;\nSELECT 2', sent: ['SELECT 1', 'SELECT 2'] },
  {
    name: 'doubled quotes',
    script: "SELECT 'it''s; ok'; SELECT 2;",
    sent: ["SELECT 'it''s; ok'", 'SELECT 2'],
  },
  {
    name: 'a backslash at the end of a plain string',
    script: raw`SELECT 'a\'; SELECT 'b;';`,
    sent: [raw`SELECT 'a\'`, "SELECT 'b;'"],
  },
  {
    name: 'escaped quotes in E strings',
    script: raw`SELECT E'it\'s; ok'; SELECT E'a\\'; SELECT 2;`,
    sent: [raw`SELECT E'it\'s; ok'`, raw`SELECT E'a\\'`, 'SELECT 2'],
  },
  {
    name: 'Unicode escapes',
    script: raw`SELECT U&'d\0061t;a', U&"d\0061t;a" FROM (SELECT 1 AS "dat;a"); SELECT 2;`,
    sent: [raw`SELECT U&'d\0061t;a', U&"d\0061t;a" FROM (SELECT 1 AS "dat;a")`, 'SELECT 2'],
  },
  {
    name: 'a continued string',
    script: "SELECT 'a;'\n  'b;'; SELECT 2;",
    sent: ["SELECT 'a;'\n  'b;'", 'SELECT 2'],
  },
  {
    name: 'quoted names',
    script: 'SELECT 1 AS "a;""b"; SELECT 2;',
    sent: ['SELECT 1 AS "a;""b"', 'SELECT 2'],
  },
  { name: 'dollar quotes', script: "SELECT $$a;'b$$; SELECT 2;", sent: ["SELECT $$a;'b$$", 'SELECT 2'] },
  {
    name: 'nested dollar quotes',
    script: 'DO $a$ BEGIN EXECUTE $b$ SELECT $$;$$; $b$; END; $a$; SELECT 2;',
    sent: ['DO $a$ BEGIN EXECUTE $b$ SELECT $$;$$; $b$; END; $a$', 'SELECT 2'],
  },
  {
    name: 'a tag that is not ASCII',
    script: 'SELECT $é$;$$;$é$; SELECT 2;',
    sent: ['SELECT $é$;$$;$é$', 'SELECT 2'],
  },
  {
    name: 'a name with dollar signs',
    script: 'SELECT 1 AS a$b$c; SELECT 2 AS a$b$c;',
    sent: ['SELECT 1 AS a$b$c', 'SELECT 2 AS a$b$c'],
  },
  {
    name: 'nested comments',
    script: 'SELECT 1 /* a; /* b; */ c; */; SELECT 2;',
    sent: ['SELECT 1 /* a; /* b; */ c; */', 'SELECT 2'],
  },
  {
    name: 'comments to the end of the line',
    script: "SELECT 1 -- it's; one\n; -- two;\nSELECT 2;",
    sent: ["SELECT 1 -- it's; one", '-- two;\nSELECT 2'],
  },
  {
    name: 'comment marks in a string',
    script: "SELECT '/*;', '--;'; SELECT 2;",
    sent: ["SELECT '/*;', '--;'", 'SELECT 2'],
  },
  {
    name: 'BEGIN ATOMIC',
    script: 'CREATE FUNCTION two() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3;',
    sent: ['CREATE FUNCTION two() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END', 'SELECT 3'],
  },
  {
    name: 'a rule of two statements',
    script: 'CREATE TABLE r (a int); CREATE RULE d AS ON DELETE TO r DO INSTEAD (SELECT 1; SELECT 2);',
    sent: ['CREATE TABLE r (a int)', 'CREATE RULE d AS ON DELETE TO r DO INSTEAD (SELECT 1; SELECT 2)'],
  },
  { name: 'an empty file', script: '', sent: [] },
  { name: 'only blanks and semicolons', script: ' ;\n;; ', sent: [] },
  { name: 'only comments', script: '-- a;\n/* b; */\n', sent: [] },
  {
    name: 'empty statements between comments',
    script: 'SELECT 1;; /* a; /* ; */ -- */; -- b;\n; SELECT 2;; -- c\n;',
    sent: ['SELECT 1', '/* a; /* ; */ -- */ -- b;\n SELECT 2\n -- c'],
  },
  {
    name: 'CRLF',
    script: "-- a\r\nSELECT 'x\r\ny';\r\nSELECT 2;\r\n",
    sent: ["-- a\r\nSELECT 'x\r\ny'", 'SELECT 2'],
  },
  {
    name: 'UTF-8 beyond the first plane',
    script: "SELECT 'é😀;' AS \"ü😀\"; /* 😀 */ SELECT '漢';",
    sent: ['SELECT \'é😀;\' AS "ü😀"', "/* 😀 */ SELECT '漢'"],
  },
  {
    name: 'operators that look like parameters',
    script: `SELECT '{"a":1}'::jsonb ? 'a', '{}'::int[]; SELECT (ARRAY[1, 2])[1:2];`,
    sent: [`SELECT '{"a":1}'::jsonb ? 'a', '{}'::int[]`, 'SELECT (ARRAY[1, 2])[1:2]'],
  },
]

/** What no transaction may hold. */
export const ALONE: readonly string[] = [
  'ALTER DATABASE d SET TABLESPACE t',
  'ALTER SUBSCRIPTION s REFRESH PUBLICATION',
  "ALTER SYSTEM SET work_mem = '1MB'",
  'ALTER TABLE t DETACH PARTITION p CONCURRENTLY',
  'CLUSTER',
  'CREATE DATABASE d',
  'CREATE INDEX CONCURRENTLY ON t (a)',
  "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
  "CREATE TABLESPACE t LOCATION '/t'",
  'DISCARD ALL',
  'DROP DATABASE d',
  'DROP INDEX CONCURRENTLY i',
  'DROP SUBSCRIPTION s',
  'DROP TABLESPACE t',
  'REINDEX (CONCURRENTLY) TABLE t',
  'REINDEX DATABASE',
  'VACUUM',
  'VACUUM (FULL) t',
]

/** What looks like them. */
export const TOGETHER: readonly string[] = [
  'ALTER DATABASE d SET work_mem = 1',
  'ALTER TABLE t DETACH PARTITION p',
  'ALTER TABLE t ADD COLUMN c int, DROP COLUMN d',
  'ANALYZE',
  'CREATE INDEX ON t (a)',
  'DROP INDEX i',
  'DO $$ BEGIN END $$',
  'UPDATE t SET a = 1',
]

/** The mysql client itself splits all of them in this way: see the witnesses. */
export const MYSQL: readonly Case[] = [
  { name: 'two statements', script: 'SELECT 1; SELECT 2;', sent: ['SELECT 1', 'SELECT 2'] },
  { name: 'no delimiter at the end', script: 'SELECT 1;\nSELECT 2', sent: ['SELECT 1', 'SELECT 2'] },
  {
    name: 'doubled quotes',
    script: `SELECT 'it''s; ok', "a"";b"; SELECT 2;`,
    sent: [`SELECT 'it''s; ok', "a"";b"`, 'SELECT 2'],
  },
  {
    name: 'escaped quotes',
    script: raw`SELECT 'it\'s; ok', "a\";b"; SELECT 2;`,
    sent: [raw`SELECT 'it\'s; ok', "a\";b"`, 'SELECT 2'],
  },
  {
    name: 'a backslash at the end of a string',
    script: raw`SELECT 'a\\'; SELECT 'b;';`,
    sent: [raw`SELECT 'a\\'`, "SELECT 'b;'"],
  },
  {
    name: 'quoted names, where a backslash is none',
    script: 'SELECT 1 AS `a;``b`; SELECT 2 AS `c\\`; SELECT 3;',
    sent: ['SELECT 1 AS `a;``b`', 'SELECT 2 AS `c\\`', 'SELECT 3'],
  },
  { name: '\\N', script: raw`SELECT \N; SELECT 2;`, sent: [raw`SELECT \N`, 'SELECT 2'] },
  {
    name: 'comments after #',
    script: "SELECT 1 # it's; one\n; # two;\nSELECT 2;",
    sent: ["SELECT 1 # it's; one", '# two;\nSELECT 2'],
  },
  {
    name: 'comments after --',
    script: "SELECT 1 -- it's; one\n; --\nSELECT 2;--\tthree;",
    sent: ["SELECT 1 -- it's; one", '--\nSELECT 2\n--\tthree;'],
  },
  { name: '-- without a blank', script: 'SELECT 5--1; SELECT 2;', sent: ['SELECT 5--1', 'SELECT 2'] },
  {
    name: 'comments, which do not nest',
    script: "SELECT 1 /* it's; /* one; */; SELECT 2;",
    sent: ["SELECT 1 /* it's; /* one; */", 'SELECT 2'],
  },
  {
    name: 'comments that the server runs',
    script: "/*!40101 SET @a = 'b;' */; SELECT /*!50000 1 + */ 2;",
    sent: ["/*!40101 SET @a = 'b;' */", 'SELECT /*!50000 1 + */ 2'],
  },
  {
    name: 'hints',
    script: 'SELECT /*+ NO_ICP(t); */ 1; SELECT 2;',
    sent: ['SELECT /*+ NO_ICP(t); */ 1', 'SELECT 2'],
  },
  {
    name: 'a procedure with IF, CASE and LOOP',
    script: `DELIMITER //
CREATE PROCEDURE p(a INT)
BEGIN
  IF a = 1 THEN SELECT 'x//y'; END IF;
  CASE a WHEN 2 THEN SELECT 2; ELSE BEGIN END; END CASE;
  again: LOOP LEAVE again; END LOOP;
END//
DELIMITER ;
SELECT 2;`,
    sent: [
      `CREATE PROCEDURE p(a INT)
BEGIN
  IF a = 1 THEN SELECT 'x//y'; END IF;
  CASE a WHEN 2 THEN SELECT 2; ELSE BEGIN END; END CASE;
  again: LOOP LEAVE again; END LOOP;
END`,
      'SELECT 2',
    ],
  },
  {
    name: 'a trigger',
    script: `DELIMITER ;;
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; SET @b = ';;'; END;;
DELIMITER ;
SELECT 2;`,
    sent: [
      "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = 1; SET @b = ';;'; END",
      'SELECT 2',
    ],
  },
  {
    name: 'DELIMITER in lower case and indented, with more on its line',
    script: '  delimiter $$ and more\nSELECT 1; SELECT 2$$SELECT 3',
    sent: ['SELECT 1; SELECT 2', 'SELECT 3'],
  },
  {
    name: 'quoted delimiters',
    script: 'DELIMITER "//"\nSELECT 1;//\nDELIMITER \'$\'\nSELECT 2$\nDELIMITER `;`\nSELECT 3;',
    sent: ['SELECT 1;', 'SELECT 2', 'SELECT 3'],
  },
  {
    name: 'a delimiter of letters',
    script: 'DELIMITER GO\nSELECT 1;\nSELECT 2\nGO\nSELECT 3GO',
    sent: ['SELECT 1;\nSELECT 2', 'SELECT 3'],
  },
  {
    name: 'DELIMITER after comments and blanks',
    script: '-- a\n/* b */\n\n \nDELIMITER //\nSELECT 1;//',
    sent: ['-- a\n/* b */\n\n \n\nSELECT 1;'],
  },
  {
    name: 'DELIMITER inside strings, names, comments and statements',
    script: `SELECT 'a
DELIMITER //
', "
DELIMITER //
" AS \`
DELIMITER //
\` /*
DELIMITER //
*/ -- DELIMITER //
DELIMITER //
; SELECT 2;`,
    sent: [
      `SELECT 'a
DELIMITER //
', "
DELIMITER //
" AS \`
DELIMITER //
\` /*
DELIMITER //
*/ -- DELIMITER //
DELIMITER //`,
      'SELECT 2',
    ],
  },
  {
    name: 'CRLF',
    script: "-- a\r\nDELIMITER //\r\nSELECT 'x\r\ny';//\r\nDELIMITER ;\r\nSELECT 2;\r\n",
    sent: ["-- a\r\n\nSELECT 'x\r\ny';", 'SELECT 2'],
  },
  { name: 'an empty file', script: '', sent: [] },
  { name: 'only blanks and delimiters', script: ' ;\n;; ', sent: [] },
  { name: 'only comments', script: '-- a;\n/* b; */ # c\n', sent: [] },
  {
    name: 'UTF-8 beyond the first plane',
    script: "SELECT 'é😀;' AS `ü😀;`; /* 😀; */ SELECT '漢';",
    sent: ["SELECT 'é😀;' AS `ü😀;`", "/* 😀; */ SELECT '漢'"],
  },
]
