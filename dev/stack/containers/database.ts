// The warehouse's database on a server that has none yet.
import pg from 'pg';

/**
 * Makes the user that `url` names owner of the database it names; no superuser, as on Redshift. What is there stays.
 * @param adminUrl opens the server as a superuser
 */
export async function createDatabase(adminUrl: string, url: string): Promise<void> {
  const { username, password, pathname } = new URL(url);
  const user = pg.escapeIdentifier(decodeURIComponent(username));
  const database = decodeURIComponent(pathname.slice(1));
  const admin = new pg.Client(adminUrl);
  await admin.connect();
  try {
    const has = async (query: string, name: string) => (await admin.query(query, [name])).rowCount === 1;
    if (!(await has('SELECT 1 FROM pg_roles WHERE rolname = $1', decodeURIComponent(username)))) {
      const secret = pg.escapeLiteral(decodeURIComponent(password));
      await admin.query(`CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE PASSWORD ${secret}`);
    }
    if (!(await has('SELECT 1 FROM pg_database WHERE datname = $1', database))) {
      await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(database)} OWNER ${user}`);
    }
  } finally {
    await admin.end();
  }
}
